// The message box: Enter sends, unless the browser is offline; Up in an empty one edits the last message; and what is
// typed while a message is under way stays (draft-keeper keeps it). The server's answer is morphed into the form: the
// box keeps its focus, and its text until we cut it.
const SAID_BY_SERVER = [409, 422] // answers that bring a composer with the reason in it

customElements.define("message-composer", class extends HTMLElement {
  #sent = ""
  #mayLoseFocus = false

  connectedCallback() {
    this.addEventListener("keydown", this.#sendOnEnter)
    this.addEventListener("keydown", this.#editOnUp)
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
    addEventListener("online", this.#refresh)
    addEventListener("offline", this.#refresh)
    this.#refresh()
  }

  disconnectedCallback() {
    removeEventListener("online", this.#refresh)
    removeEventListener("offline", this.#refresh)
  }

  get #form() { return this.querySelector("form.composer") }
  get #box() { return this.#form.elements.text }

  get #canSend() {
    const { attachments } = this.#form.elements
    const isComplete = this.#box.value.trim() !== "" || attachments !== undefined
    return navigator.onLine && isComplete && !this.#form.hasAttribute("data-uploading")
  }

  #sendOnEnter = (event) => {
    if (event.target !== this.#box || event.key !== "Enter" || event.shiftKey) return
    // Enter also finishes a word of an input method; some browsers tell that by the key code only.
    if (event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    if (!event.repeat && this.#canSend) this.#form.requestSubmit()
  }

  #editOnUp = (event) => {
    if (event.target !== this.#box || event.key !== "ArrowUp" || this.#box.value) return
    const last = [...this.querySelectorAll("[data-edit]")].findLast((button) => button.checkVisibility())
    if (!last) return
    event.preventDefault()
    last.click()
  }

  #notice = ({ target }) => {
    if (target.form === this.#form) this.#refresh()
  }

  #takeExample = ({ target }) => {
    const example = target.closest("[data-fill]")
    if (example) {
      this.#box.value = example.dataset.fill
      this.#sayChanged()
    }
    if (example || target.matches(".composer__box, .composer__text, .composer__row")) this.#focus()
  }

  #focus() {
    this.#box.focus({ preventScroll: true })
    this.#box.setSelectionRange(this.#box.value.length, this.#box.value.length)
  }

  #sayChanged() {
    this.#box.dispatchEvent(new Event("input", { bubbles: true }))
  }

  #refresh = () => {
    const { text, temperature, model } = this.#form.elements
    const { lowest, highest } = model.selectedOptions[0]?.dataset ?? {}
    if (highest) Object.assign(temperature, { min: lowest, max: highest })
    this.#form.querySelector(".composer__send").disabled = !this.#canSend
    this.#form.querySelector("[data-problem=offline]").hidden = navigator.onLine
    this.#form.querySelector("output").value = temperature.value
    text.parentElement.dataset.text = text.value
  }

  #leave = ({ target }) => {
    if (target !== this.#form) return
    this.#sent = this.#box.value
    for (const problem of this.#form.querySelectorAll("[data-problem]:not([data-problem=offline])")) problem.hidden = true
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
    this.#refresh()
  }

  #keepWhatCameAfter() {
    const { value } = this.#box
    if (value.startsWith(this.#sent)) this.#box.value = value.slice(this.#sent.length).trimStart()
    this.#sayChanged()
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
