// Keeps the list of conversations as the server has it. Who changes something tells the other tabs; a tab that is looked
// at looks at once, one in the background when it comes to the front. Only a tab in front waits, by one request, and
// only while an answer is on its way in a conversation that is not on its page.
const REST_MILLISECONDS = 10_000
const PAUSE_MILLISECONDS = 5_000
const TOGETHER_MILLISECONDS = 100

customElements.define("conversation-list", class extends HTMLElement {
  #tabs = null
  #lookedAt = Date.now()
  #isStale = false
  #hasRead = false
  #timer = null
  #waiting = null

  connectedCallback() {
    this.#tabs = new BroadcastChannel("conversations")
    this.#tabs.onmessage = this.#lookSoon
    this.#tabs.postMessage("")
    document.addEventListener("visibilitychange", this.#comeOrGo)
    document.addEventListener("htmx:finally:request", this.#noticeDeed)
    document.addEventListener("htmx:after:swap", this.#noticeAnswer)
    this.#wait()
  }

  disconnectedCallback() {
    this.#tabs.close()
    clearTimeout(this.#timer)
    this.#waiting?.abort()
    document.removeEventListener("visibilitychange", this.#comeOrGo)
    document.removeEventListener("htmx:finally:request", this.#noticeDeed)
    document.removeEventListener("htmx:after:swap", this.#noticeAnswer)
  }

  get #here() { return document.getElementById("topbar")?.dataset.here ?? "" }
  get #rows() { return [...this.querySelectorAll("[data-conversation]")] }
  get #unread() { return this.#rows.filter((row) => row.querySelector("[data-unread]")) }

  #comeOrGo = () => {
    if (document.hidden) this.#waiting?.abort()
    else if (this.#isStale || Date.now() - this.#lookedAt > REST_MILLISECONDS) this.#lookSoon()
    else this.#wait()
  }

  // The row of a message that was just sent came with the answer: that is news for the other tabs alone.
  #noticeDeed = ({ detail: { ctx } }) => {
    if (!ctx.response?.raw.ok || ctx.request.method === "GET") return
    this.#tabs.postMessage("")
    if (ctx.sourceElement?.closest("#topbar")) document.querySelector("[popovertarget=conversation-menu]")?.focus()
    if (!ctx.sourceElement?.matches(".composer")) this.#lookSoon()
  }

  #noticeAnswer = () => {
    if (!this.querySelector("[aria-current] [data-waiting]") || document.querySelector("reply-wait")) return
    this.#hasRead = true
    this.#lookSoon()
  }

  #lookSoon = () => {
    this.#isStale = true
    clearTimeout(this.#timer)
    if (!document.hidden) this.#timer = setTimeout(() => this.#look(), TOGETHER_MILLISECONDS)
  }

  // Whatever goes wrong, the list stays as it is until the next time.
  async #look() {
    this.#isStale = false
    this.#lookedAt = Date.now()
    const { address } = this.dataset
    const response = await this.#ask(`${address}?rows=${this.#rows.length}&here=${this.#here}`)
    // Only now does the server know that it was read.
    if (this.#hasRead) this.#tabs.postMessage("")
    this.#hasRead = false
    if (response?.status !== 200) return
    const known = new Set(this.#unread.map((row) => row.id))
    await htmx.swap({ sourceElement: this, target: this, swap: "innerMorph", text: await response.text(), hx: {} })
    this.#say(this.#unread.filter((row) => !known.has(row.id)))
    this.#wait()
  }

  // Whoever is no longer signed in is told so by the next thing they do, and not by a look that they don't know of.
  async #ask(address, signal) {
    try {
      const response = await fetch(address, { headers: { "HX-Request": "true" }, signal })
      return response.headers.has("HX-Redirect") ? null : response
    } catch {
      return null
    }
  }

  #say(rows) {
    if (!rows.length) return
    const titles = rows.map((row) => row.textContent.trim()).join(", ")
    document.getElementById("announcer").textContent = `${this.dataset.news}: ${titles}`
  }

  async #wait() {
    this.#waiting?.abort()
    const marks = this.querySelectorAll("a:not([aria-current]) [data-waiting]")
    if (document.hidden || !marks.length) return
    const waiting = this.#waiting = new AbortController()
    const query = [...marks].map((mark) => `reply=${mark.dataset.waiting}`).join("&")
    const response = await this.#ask(`${this.dataset.wait}?${query}`, waiting.signal)
    if (waiting.signal.aborted) return
    if (response?.status === 200) this.#lookSoon()
    else this.#timer = setTimeout(() => this.#wait(), response?.status === 204 ? 0 : PAUSE_MILLISECONDS)
  }
})
