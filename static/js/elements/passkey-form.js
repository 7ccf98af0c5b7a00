// A form that is sent with what a passkey says. kind: "sign-in" asks the server for the options first, "confirm" and
// "add" find them on the page.
const Key = window.PublicKeyCredential
const IS_SUPPORTED = Boolean(navigator.credentials && Key?.parseCreationOptionsFromJSON && Key.prototype.toJSON)

customElements.define("passkey-form", class extends HTMLElement {
  #asking = false

  connectedCallback() {
    this.addEventListener("submit", this.#fillIn)
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this.#fillIn)
  }

  get #form() { return this.querySelector("form") }

  #fillIn = async (event) => {
    const credential = this.#form.elements.credential
    if (credential.value) return
    event.preventDefault()
    if (this.#asking) return
    this.#asking = true
    this.#show(null)
    try {
      credential.value = JSON.stringify(await this.#ask())
      this.#form.requestSubmit()
    } catch (error) {
      this.#show(IS_SUPPORTED ? "refused" : "unsupported")
    } finally {
      this.#asking = false
    }
  }

  async #ask() {
    const { request_options: known, creation_options: fresh } = await this.#options()
    if (fresh) return navigator.credentials.create({ publicKey: Key.parseCreationOptionsFromJSON(this.#wanted(fresh)) })
    return navigator.credentials.get({ publicKey: Key.parseRequestOptionsFromJSON(known.publicKey) })
  }

  async #options() {
    if (this.dataset.kind !== "sign-in") return JSON.parse(document.getElementById("passkey-options").textContent)
    const answer = await fetch(this.#form.action, { headers: { Accept: "application/json" } })
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    return answer.json()
  }

  // To sign in alone, a passkey has to keep the account's name itself and to know its owner.
  #wanted({ publicKey }) {
    const alone = this.#form.elements.passwordless?.checked
    const selection = alone
      ? { residentKey: "required", requireResidentKey: true, userVerification: "required" }
      : { residentKey: "discouraged", requireResidentKey: false }
    return { ...publicKey, authenticatorSelection: { ...publicKey.authenticatorSelection, ...selection } }
  }

  #show(problem) {
    for (const notice of this.querySelectorAll("[data-problem]")) notice.hidden = notice.dataset.problem !== problem
  }
})
