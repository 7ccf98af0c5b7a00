// The message box: Enter sends, a draft outlives a reload and signing in again, and what is typed while a message is
// under way stays. The server's answer is morphed into the form: the box keeps its focus, and its text until we cut it.
const SAID_BY_SERVER = [409, 422] // answers that bring a composer with the reason in it

customElements.define("message-composer", class extends HTMLElement {
  #sent = {}
  #mayLoseFocus = false

  connectedCallback() {
    this.addEventListener("keydown", this.#sendOnEnter)
    this.addEventListener("input", this.#notice)
    this.addEventListener("attachments", this.#refresh)
    this.addEventListener("click", this.#takeExample)
    this.addEventListener("htmx:before:request", this.#leave)
    this.addEventListener("htmx:before:swap", this.#dropKnown)
    this.addEventListener("htmx:before:swap", this.#noticeFocus)
    this.addEventListener("htmx:after:swap", this.#catchFocus)
    this.addEventListener("htmx:finally:request", this.#comeBack)
    this.addEventListener("htmx:error", this.#explain)
    this.addEventListener("htmx:response:error", this.#explain)
    this.#restore()
    this.#refresh()
  }

  get #form() { return this.querySelector("form.composer") }
  get #box() { return this.#form.elements.text }
  get #draft() { return `draft:${this.#form.dataset.draft}` }

  #sendOnEnter = (event) => {
    if (event.target !== this.#box || event.key !== "Enter" || event.shiftKey) return
    // Enter also finishes a word of an input method; some browsers tell that by the key code only.
    if (event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    if (!event.repeat && this.#isComplete) this.#form.requestSubmit()
  }

  #notice = ({ target }) => {
    if (target.form !== this.#form) return
    this.#save()
    this.#refresh()
  }

  #takeExample = ({ target }) => {
    const example = target.closest("[data-fill]")
    if (example) {
      this.#box.value = example.dataset.fill
      this.#save()
      this.#refresh()
    }
    if (example || target.matches(".composer__box, .composer__text, .composer__row")) this.#focus()
  }

  #focus() {
    this.#box.focus({ preventScroll: true })
    this.#box.setSelectionRange(this.#box.value.length, this.#box.value.length)
  }

  // With its text a draft keeps the message's id and address: should only the answer have been lost, the same message
  // is sent again, and not a second one.
  #save() {
    const { text, client_id: id } = this.#form.elements
    const draft = { text: text.value, id: id.value, action: this.#form.getAttribute("action") }
    if (draft.text) sessionStorage.setItem(this.#draft, JSON.stringify(draft))
    else sessionStorage.removeItem(this.#draft)
  }

  #restore() {
    const draft = JSON.parse(sessionStorage.getItem(this.#draft))
    if (!draft || this.#box.value) return
    this.#box.value = draft.text
    this.#form.elements.client_id.value = draft.id
    this.#form.setAttribute("action", draft.action)
    this.#form.setAttribute("hx-post", draft.action)
  }

  get #isComplete() {
    const { text, attachments } = this.#form.elements
    return (text.value.trim() || attachments) && !this.#form.hasAttribute("data-uploading")
  }

  #refresh = () => {
    const { text, temperature } = this.#form.elements
    this.#form.querySelector(".composer__send").disabled = !this.#isComplete
    this.#form.querySelector("output").value = temperature.value
    text.parentElement.dataset.text = text.value
  }

  #leave = ({ target }) => {
    if (target !== this.#form) return
    this.#sent = { text: this.#box.value, draft: this.#draft }
    for (const problem of this.#form.querySelectorAll("[data-problem]")) problem.hidden = true
  }

  // A message whose first answer was lost comes a second time; one bubble of it is enough.
  #dropKnown = ({ detail }) => {
    for (const { type, swapSpec, fragment } of detail.tasks) {
      if (type !== "oob" || swapSpec.style !== "beforeend") continue
      for (const message of fragment.querySelectorAll(".message")) {
        if (document.getElementById(message.id)) message.remove()
      }
    }
  }

  // A button that has the focus may be gone with its message: the keyboard goes on from the box.
  #noticeFocus = ({ detail: { tasks } }) => {
    this.#mayLoseFocus = tasks.some(({ target }) => target?.contains(document.activeElement))
  }

  #catchFocus = () => {
    if (this.#mayLoseFocus && document.activeElement === document.body) this.#takeFocus()
  }

  #comeBack = ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== this.#form) return
    if (ctx.status === "swapped" && ctx.response.raw.ok) this.#keepWhatCameAfter()
    this.#save()
    this.#refresh()
  }

  #keepWhatCameAfter() {
    const { text, draft } = this.#sent
    sessionStorage.removeItem(draft)
    if (this.#box.value.startsWith(text)) this.#box.value = this.#box.value.slice(text.length).trimStart()
    this.#takeFocus()
  }

  // Not on a phone: its keyboard would come up over the answer.
  #takeFocus() {
    if (matchMedia("(pointer: fine)").matches) this.#box.focus({ preventScroll: true })
  }

  #explain = (event) => {
    const { ctx } = event.detail
    if (ctx?.sourceElement !== this.#form) return
    event.stopPropagation()
    const status = ctx.response?.status
    if (SAID_BY_SERVER.includes(status)) return
    const problem = !status ? "network" : status < 500 ? "stale" : "server"
    this.#form.querySelector(`[data-problem=${problem}]`).hidden = false
  }
})
