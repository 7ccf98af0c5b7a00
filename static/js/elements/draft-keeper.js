// Keeps what is typed on the server, shortly after it was typed and when the page is left. What the server doesn't have
// yet is kept in this browser; so if there is such a copy, it wins over what the server put into the page.
const PAUSE_MILLISECONDS = 700
const LONGEST_KEPT_ALIVE = 60_000 // browsers allow 64 kB
const SENT_TO_SIGN_IN = "HX-Redirect"

customElements.define("draft-keeper", class extends HTMLElement {
  #timer = null
  #kept = "" // what the server has
  #held = "" // under which name this browser has what is on its way: a new chat gets another one

  connectedCallback() {
    this.#kept = this.#box.value
    this.addEventListener("input", this.#notice)
    this.addEventListener("htmx:before:request", this.#hold)
    this.addEventListener("htmx:finally:request", this.#afterSending)
    addEventListener("pagehide", this.#saveNow)
    addEventListener("online", this.#saveNow)
    document.addEventListener("visibilitychange", this.#saveNow)
    document.addEventListener("signed-in", this.#saveNow)
    this.#restore()
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
    removeEventListener("pagehide", this.#saveNow)
    removeEventListener("online", this.#saveNow)
    document.removeEventListener("visibilitychange", this.#saveNow)
    document.removeEventListener("signed-in", this.#saveNow)
  }

  get #form() { return this.querySelector("form.composer") }
  get #box() { return this.#form.elements.text }
  get #name() { return `draft:${this.#form.dataset.draft}` }

  #notice = ({ target }) => {
    if (target !== this.#box) return
    this.#copyHere()
    this.#saveSoon()
  }

  // With its text a copy keeps the message's id and addresses: should only the answer to it have been lost, the same
  // message is sent again, and not a second one.
  #copyHere() {
    if (this.#box.value === this.#kept) return localStorage.removeItem(this.#name)
    const copy = { text: this.#box.value, id: this.#form.elements.client_id.value, ...this.#addresses }
    localStorage.setItem(this.#name, JSON.stringify(copy))
  }

  get #addresses() {
    return { action: this.#form.getAttribute("action"), draftUrl: this.#form.dataset.draftUrl }
  }

  #restore() {
    const copy = JSON.parse(localStorage.getItem(this.#name))
    if (!copy) return
    const sent = document.querySelector(`[data-client-id="${copy.id}"] .message__bubble`)?.textContent
    if (sent === undefined) {
      this.#form.elements.client_id.value = copy.id
      this.#form.setAttribute("action", copy.action)
      this.#form.setAttribute("hx-post", copy.action)
      this.#form.dataset.draftUrl = copy.draftUrl
    } else if (copy.text.trimStart().startsWith(sent)) {
      copy.text = copy.text.trimStart().slice(sent.length).trimStart()
    }
    localStorage.removeItem(this.#name)
    if (copy.text || sent === undefined) this.#box.value = this.#withPrompt(copy.text)
    this.#box.dispatchEvent(new Event("input", { bubbles: true }))
  }

  // A saved prompt that the page was opened with comes behind what was typed.
  #withPrompt(text) {
    const prompt = new URLSearchParams(location.search).has("prompt") ? this.#kept : ""
    return text.includes(prompt) ? text : [text.trimEnd(), prompt].filter(Boolean).join("\n\n")
  }

  #saveSoon() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#saveNow, PAUSE_MILLISECONDS)
  }

  #saveNow = () => {
    clearTimeout(this.#timer)
    if (this.#box.value !== this.#kept && !this.#form.matches(".htmx-request") && navigator.onLine) this.#save()
  }

  // The sending outlives the page, if it isn't too large for that; else the copy in this browser does.
  async #save() {
    const { text, client_id: { value: id }, csrfmiddlewaretoken: token } = this.#form.elements
    const body = new URLSearchParams({ text: text.value, client_id: id })
    const headers = { "HX-Request": "true", "X-CSRFToken": token.value }
    const keepalive = String(body).length < LONGEST_KEPT_ALIVE
    try {
      const answer = await fetch(this.#form.dataset.draftUrl, { method: "POST", body, headers, keepalive })
      if (answer.headers.has(SENT_TO_SIGN_IN) || answer.status === 403) this.#tell(answer)
      else if (answer.ok) this.#noteKept(body.get("text"), id)
    } catch { /* No connection: the copy stays. */ }
  }

  #tell(answer) {
    const detail = answer.headers.get(SENT_TO_SIGN_IN)
    this.dispatchEvent(new CustomEvent("signed-out", { bubbles: true, detail }))
  }

  #noteKept(text, id) {
    if (id !== this.#form.elements.client_id.value) return
    this.#kept = text
    this.#copyHere()
  }

  #hold = ({ target }) => {
    if (target !== this.#form) return
    clearTimeout(this.#timer)
    this.#kept = null
    this.#held = this.#name
    this.#copyHere()
  }

  // What was sent is no draft on the server any more.
  #afterSending = ({ detail: { ctx } }) => {
    if (ctx.sourceElement !== this.#form) return
    if (ctx.status !== "swapped" || !ctx.response.raw.ok) return this.#saveSoon()
    this.#kept = ""
    localStorage.removeItem(this.#held)
  }
})

// The text of a message that was taken back, on its way into the box, in front of what is there.
customElements.define("taken-back", class extends HTMLElement {
  connectedCallback() {
    const box = document.getElementById("message")
    box.value = [this.textContent, box.value].filter(Boolean).join("\n\n")
    box.dispatchEvent(new Event("input", { bubbles: true }))
    box.focus({ preventScroll: true })
    this.remove()
  }
})
