// Whoever was signed out meanwhile signs in again in a dialog, and what they were about to do is done then. So it is when
// only the page's token is out of date, since they have signed in again in another tab.
const STALE = 403

customElements.define("sign-in-again", class extends HTMLElement {
  #interrupted = null
  #repeated = null
  #hasAskedForDraft = false
  #steps = new MutationObserver(() => this.#showStep())

  connectedCallback() {
    document.addEventListener("htmx:before:response", this.#intercept)
    document.addEventListener("signed-out", this.#hear)
    document.addEventListener("click", this.#askOnClick)
    this.addEventListener("signed-in", this.#goOn)
    this.#dialog.addEventListener("close", () => this.#step.replaceChildren())
    this.#steps.observe(this.#step, { childList: true })
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:before:response", this.#intercept)
    document.removeEventListener("signed-out", this.#hear)
    document.removeEventListener("click", this.#askOnClick)
    this.#steps.disconnect()
  }

  get #dialog() { return this.querySelector("dialog") }
  get #step() { return this.querySelector("#sign-in-again-step") }

  // Instead of leaving for the sign-in page. What nobody has asked for just now only says so.
  #intercept = (event) => {
    const { ctx } = event.detail
    const { sourceElement: source, response, hx } = ctx
    const wasRepeated = source === this.#repeated
    if (wasRepeated) this.#repeated = null
    const isAction = source.matches("form, button")
    const isOut = hx.redirect?.startsWith(this.dataset.signInUrl)
    if (this.contains(source) || !(isOut || response.status === STALE && isAction && !wasRepeated)) return
    event.preventDefault()
    delete hx.redirect
    if (!isAction) return this.#say()
    this.#interrupted = source
    this.#ask()
  }

  // A draft could not be saved; `detail` says where the server wanted to lead to.
  #hear = ({ detail: redirect }) => {
    if (redirect?.startsWith(this.dataset.signInUrl)) this.#say()
    if (redirect || this.#hasAskedForDraft) return
    this.#hasAskedForDraft = true
    this.#ask()
  }

  #say() {
    const notice = document.querySelector("[data-problem=signed-out]")
    if (notice && !this.#dialog.open) notice.hidden = false
  }

  #askOnClick = ({ target }) => {
    if (target.closest?.("[data-sign-in]")) this.#ask()
  }

  #ask() {
    htmx.ajax("GET", this.dataset.ask, { source: this, target: this.#step, swap: "innerHTML" })
  }

  #showStep() {
    const form = this.#step.querySelector("form")
    if (!this.#step.childElementCount || this.#step.querySelector("fresh-token")) return
    if (!this.#dialog.open) this.#dialog.showModal()
    if (!form) return
    form.elements.login.value ||= this.dataset.email
    form.elements.password.focus()
  }

  #goOn = ({ detail: token }) => {
    for (const field of document.getElementsByName("csrfmiddlewaretoken")) field.value = token
    document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRFToken": token }))
    for (const notice of document.querySelectorAll("[data-problem=signed-out]")) notice.hidden = true
    this.#dialog.close()
    this.#repeat()
  }

  #repeat() {
    const element = this.#interrupted
    this.#interrupted = null
    if (!element?.isConnected) return
    this.#repeated = element
    if (element.matches("form")) element.requestSubmit()
    else element.click()
  }
})

// What the server sends into the dialog at the end.
customElements.define("fresh-token", class extends HTMLElement {
  connectedCallback() {
    this.dispatchEvent(new CustomEvent("signed-in", { bubbles: true, detail: this.getAttribute("value") }))
  }
})
