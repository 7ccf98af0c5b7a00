// The palette and the keys. What there is to choose comes from the server, when the palette opens and while one types;
// the focus stays in its box, and the arrows move what Enter chooses.
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform)
const WRITING = "input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]"

customElements.define("command-palette", class extends HTMLElement {
  #isBehind = false
  #isEntered = false

  connectedCallback() {
    document.addEventListener("keydown", this.#press)
    document.addEventListener("click", this.#openByButton)
    this.#box.addEventListener("keydown", this.#move)
    this.#box.addEventListener("input", () => { this.#isBehind = true })
    this.addEventListener("click", this.#choose)
    this.addEventListener("htmx:after:swap", this.#begin)
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#press)
    document.removeEventListener("click", this.#openByButton)
  }

  get #box() { return this.querySelector("[role=combobox]") }
  get #options() { return [...this.querySelectorAll("[role=option]")] }
  get #active() { return this.querySelector("[role=option][aria-selected=true]") }

  #press = (event) => {
    if (event.isComposing || event.altKey || event.defaultPrevented) return
    const key = event.key.toLowerCase()
    const hasCommand = IS_MAC ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
    if (key === "k" && hasCommand && !event.shiftKey) this.#open(event, "palette")
    else if (!event.ctrlKey && !event.metaKey && !event.target.closest(WRITING)) this.#pressSingle(event, key)
  }

  #pressSingle(event, key) {
    if (!this.hasAttribute("data-single-keys") || event.repeat || document.querySelector("dialog[open]")) return
    const target = this.#neighbour(key) ?? document.querySelector(`[data-shortcut="${CSS.escape(key)}"]`)
    if (!target) return
    event.preventDefault()
    if (target.matches(WRITING)) target.focus()
    else target.click()
  }

  #neighbour(key) {
    const step = { j: 1, k: -1 }[key]
    const links = [...document.querySelectorAll("#conversations [data-conversation] a")]
    const here = links.findIndex((link) => link.hasAttribute("aria-current"))
    return step && links[here + step]
  }

  #openByButton = (event) => {
    const button = event.target.closest?.("[data-opens]")
    if (button) this.#open(event, button.dataset.opens)
  }

  #open(event, id) {
    event.preventDefault()
    const dialog = document.getElementById(id)
    if (dialog.open) return dialog.close()
    if (document.querySelector("dialog[open]")) return
    this.#box.value = ""
    this.#isBehind = this.#isEntered = false
    dialog.showModal()
    window.htmx?.trigger(dialog.querySelector("[hx-get]"), "opened")
  }

  #begin = () => {
    this.#isBehind = false
    this.#options.forEach((option, index) => { option.id = `palette-option-${index}` })
    this.#mark(this.#options[0])
    if (this.#isEntered) this.#active?.click()
    this.#isEntered = false
  }

  #mark(option) {
    this.#active?.setAttribute("aria-selected", "false")
    option?.setAttribute("aria-selected", "true")
    option?.scrollIntoView({ block: "nearest" })
    this.#box.setAttribute("aria-activedescendant", option?.id ?? "")
  }

  #move = (event) => {
    if (event.isComposing) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const options = this.#options
    if (step) this.#mark(options.at((options.indexOf(this.#active) + step) % options.length))
    // What was typed last is not in the choices yet: they are on their way, and the first of them is meant.
    else if (event.key === "Enter" && this.#isBehind) this.#isEntered = true
    else if (event.key === "Enter") this.#active?.click()
    else return
    event.preventDefault()
  }

  #choose = ({ target }) => {
    if (target.matches(".palette")) target.close()
    const option = target.closest("[role=option]")
    if (!option) return
    option.closest("dialog").close()
    if (option.dataset.activates) document.querySelector(option.dataset.activates)?.click()
    if (option.dataset.model) this.#chooseModel(option.dataset.model)
  }

  #chooseModel(slug) {
    const { model, text } = document.getElementById("composer").elements
    model.value = slug
    model.dispatchEvent(new Event("change", { bubbles: true }))
    text.focus()
  }
})
