// Offers the saved prompts at a "/" that begins a word of the message. The list is fetched once, a prompt when it is
// chosen; one with variables asks for them in a dialog first. The box keeps the focus: the active option is only named.
const SLASH = /(?:^|\s)\/([^\n/]{0,40})$/

customElements.define("prompt-picker", class extends HTMLElement {
  #place = null // the composer around us
  #fetched = null
  #start = -1 // of the slash, while the list is open
  #end = 0
  #refused = -1 // the slash whose list was closed with Escape

  connectedCallback() {
    this.#place = this.closest("message-composer")
    this.#place.addEventListener("input", this.#look)
    this.#place.addEventListener("keydown", this.#steer, true)
    this.#place.addEventListener("click", this.#openByButton)
    this.#place.addEventListener("focusout", this.#leave)
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault())
    this.#list.addEventListener("click", ({ target }) => this.#choose(target.closest("[role=option]")))
    this.#dialog.addEventListener("submit", this.#insertFilled)
    this.#dialog.addEventListener("click", ({ target }) => target.closest("[data-cancel]") && this.#dialog.close())
    this.#dialog.addEventListener("close", () => this.#box.focus())
  }

  disconnectedCallback() {
    this.#place.removeEventListener("input", this.#look)
    this.#place.removeEventListener("keydown", this.#steer, true)
    this.#place.removeEventListener("click", this.#openByButton)
    this.#place.removeEventListener("focusout", this.#leave)
  }

  get #box() { return document.getElementById("message") }
  get #list() { return this.querySelector("[role=listbox]") }
  get #dialog() { return this.querySelector("dialog") }
  get #shown() { return [...this.#list.querySelectorAll("[role=option]:not([hidden])")] }
  get #active() { return this.#list.querySelector("[aria-selected=true]") }
  get #isOpen() { return !this.#list.hidden }

  #look = async (event) => {
    if (event && event.target !== this.#box) return
    const found = this.#slash()
    if (!found) return this.#close()
    await this.#options()
    const now = this.#slash() // what was typed while the list came
    if (!now || now.start === this.#refused) return this.#close()
    this.#show(now)
  }

  #slash() {
    const { value, selectionStart: caret, selectionEnd } = this.#box
    const found = caret === selectionEnd && SLASH.exec(value.slice(0, caret))
    return found ? { start: caret - found[1].length - 1, end: caret, words: found[1].toLowerCase().split(/\s+/) } : null
  }

  #options() {
    this.#fetched ??= this.#fetch(this.dataset.url).then((html) => {
      if (html === null) this.#fetched = null
      else this.#list.innerHTML = html
    })
    return this.#fetched
  }

  async #fetch(url) {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null)
    return answer?.ok && !answer.headers.has("HX-Redirect") ? answer.text() : null
  }

  #show({ start, end, words }) {
    for (const option of this.#list.children) option.hidden = !words.every((word) => option.dataset.name.includes(word))
    const count = this.#shown.length
    if (!count) return this.#close()
    this.#start = start
    this.#end = end
    this.#list.hidden = false
    this.#box.setAttribute("aria-autocomplete", "list")
    this.#box.setAttribute("aria-controls", this.#list.id)
    this.#activate(this.#shown[0])
    this.querySelector("[role=status]").textContent = `${this.dataset.found} ${count}. ${this.dataset.keys}`
  }

  #activate(option) {
    this.#active?.setAttribute("aria-selected", "false")
    option.setAttribute("aria-selected", "true")
    option.scrollIntoView({ block: "nearest" })
    this.#box.setAttribute("aria-activedescendant", option.id)
  }

  #close() {
    if (!this.#isOpen) return
    this.#list.hidden = true
    for (const name of ["autocomplete", "controls", "activedescendant"]) this.#box.removeAttribute(`aria-${name}`)
    this.querySelector("[role=status]").textContent = ""
  }

  #leave = ({ relatedTarget }) => {
    if (!this.contains(relatedTarget)) this.#close()
  }

  #steer = (event) => {
    if (!this.#isOpen || event.target !== this.#box || event.isComposing) return
    const shown = this.#shown
    const here = shown.indexOf(this.#active)
    if (event.key === "ArrowDown") this.#activate(shown[(here + 1) % shown.length])
    else if (event.key === "ArrowUp") this.#activate(shown.at(here - 1))
    else if (event.key === "Enter" && !event.shiftKey || event.key === "Tab" && !event.shiftKey) this.#choose(shown[here])
    else if (event.key === "Escape") this.#refuse()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  #refuse() {
    this.#refused = this.#start
    this.#close()
  }

  // Without any saved prompt the link leads where they are made.
  #openByButton = async (event) => {
    const link = event.target.closest("[data-prompts]")
    if (!link) return
    event.preventDefault()
    await this.#options()
    if (!this.#list.children.length) return location.assign(link.href)
    const { value } = this.#box
    if (!SLASH.test(value)) this.#replace(value.length, value.length, /(^|\s)$/.test(value) ? "/" : " /")
    this.#refused = -1
    this.#box.focus()
    this.#look()
  }

  async #choose(option) {
    if (!option) return
    this.#close()
    const html = await this.#fetch(option.dataset.url)
    if (html === null) return document.querySelector("[data-trouble]")?.removeAttribute("hidden")
    this.#dialog.querySelector("h2").textContent = option.querySelector(".picker__name").textContent
    this.#dialog.querySelector("div").innerHTML = html
    if (this.#values.length) return this.#dialog.showModal()
    this.#insert(this.#dialog.querySelector("form"))
    this.#box.focus()
  }

  get #values() { return [...this.#dialog.querySelectorAll("[name^=value-]")].map((box) => box.value) }

  #insertFilled = (event) => {
    event.preventDefault()
    this.#insert(event.target)
    this.#dialog.close()
  }

  #insert(form) {
    const values = this.#values
    const text = JSON.parse(form.dataset.parts).map((part) => typeof part === "number" ? values[part] : part).join("")
    this.#replace(this.#start, this.#end, text)
  }

  #replace(start, end, text) {
    this.#box.setRangeText(text, start, end, "end")
    this.#box.dispatchEvent(new Event("input", { bubbles: true }))
  }
})
