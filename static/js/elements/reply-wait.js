// Keeps asking for a reply's next state. The server answers when there is one (htmx swaps the article, and this element
// is gone), or with 204 after a while. After a failure it asks again in growing pauses, and at once on waking up.
const PAUSES_MILLISECONDS = [1000, 2000, 4000, 8000, 15000]
const SHORTEST_WAIT_MILLISECONDS = 1000

customElements.define("reply-wait", class extends HTMLElement {
  #failures = 0
  #askedAt = 0
  #timer = null

  connectedCallback() {
    this.addEventListener("htmx:before:request", () => { this.#askedAt = Date.now() })
    this.addEventListener("htmx:finally:request", (event) => this.#goOn(event.detail.ctx))
    // Nobody is told of a wait that failed: the bubble still says what is known, and the next one may work.
    this.addEventListener("htmx:error", (event) => event.stopPropagation())
    this.addEventListener("htmx:response:error", (event) => event.stopPropagation())
    // Another path is shown: a browser has six connections for a host, so a wait that nobody sees gives its one back.
    this.addEventListener("htmx:before:cleanup", () => htmx.trigger(this, "htmx:abort"))
    addEventListener("online", this.#askNow)
    document.addEventListener("visibilitychange", this.#askNow)
    document.addEventListener("signed-in", this.#askNow)
  }

  disconnectedCallback() {
    clearTimeout(this.#timer)
    removeEventListener("online", this.#askNow)
    document.removeEventListener("visibilitychange", this.#askNow)
    document.removeEventListener("signed-in", this.#askNow)
  }

  #goOn({ response, hx }) {
    const isLeaving = hx?.redirect || hx?.refresh
    if (!this.isConnected || isLeaving) return
    if (response?.status === 404 && !this.#isBeingTakenBack) return this.#vanish()
    // An empty answer that comes at once is a server on its way down, not one that waited.
    const hasWaited = response?.status === 204 && Date.now() - this.#askedAt > SHORTEST_WAIT_MILLISECONDS
    this.#failures = hasWaited ? 0 : this.#failures + 1
    const pause = PAUSES_MILLISECONDS[Math.min(this.#failures, PAUSES_MILLISECONDS.length) - 1] ?? 0
    this.#timer = setTimeout(this.#ask, pause)
  }

  // From this tab: the answer to that brings the text, and takes the article's place.
  get #isBeingTakenBack() { return this.closest("article").querySelector("form.htmx-request") !== null }

  // The message was taken back, in another tab.
  #vanish() {
    const article = this.closest("article")
    if (article.previousElementSibling?.matches(".message--user")) article.previousElementSibling.remove()
    article.remove()
  }

  #ask = () => {
    this.#timer = null
    htmx.trigger(this, "again")
  }

  #askNow = () => {
    if (!this.#timer || document.hidden) return
    clearTimeout(this.#timer)
    this.#ask()
  }
})
