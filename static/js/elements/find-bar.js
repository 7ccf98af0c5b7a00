// Find in the conversation: the server knows where, this shows it. Enter goes to the match above, Shift+Enter below.
// A match that is not on the page is on the page of its address. Marks are the browser's highlights: no HTML changes.
customElements.define("find-bar", class extends HTMLElement {
  #isStep = false
  #down = false
  #observer = new MutationObserver(() => this.#show())

  connectedCallback() {
    this.addEventListener("submit", this.#goOn, { capture: true })
    this.addEventListener("keydown", this.#noticeKey)
    this.addEventListener("click", this.#noticeClick, { capture: true })
    document.addEventListener("click", this.#openByButton)
    document.addEventListener("keydown", this.#openByKeys)
    document.addEventListener("htmx:after:swap", this.#mark)
    this.#observer.observe(this.querySelector("#find-ways"), { childList: true, subtree: true, attributeFilter: ["data-match"] })
    if (!this.hidden) this.#box.focus({ preventScroll: true })
    this.#mark()
  }

  disconnectedCallback() {
    this.#observer.disconnect()
    document.removeEventListener("click", this.#openByButton)
    document.removeEventListener("keydown", this.#openByKeys)
    document.removeEventListener("htmx:after:swap", this.#mark)
    CSS.highlights?.delete("found")
  }

  get #box() { return this.querySelector("input") }
  get #up() { return this.querySelector("[data-match]") }
  get #message() { return this.#up && document.getElementById(`message-${this.#up.dataset.match}`) }

  #openByButton = (event) => {
    if (!event.target.closest?.("[data-find]") || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    this.#open()
  }

  #openByKeys = (event) => {
    if (event.code !== "KeyF" || !event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.#open()
  }

  #open() {
    this.hidden = false
    this.#box.focus()
    this.#box.select()
    this.#mark()
  }

  #close(event) {
    event.preventDefault()
    event.stopPropagation()
    this.hidden = true
    CSS.highlights?.delete("found")
    document.querySelector("[data-find]")?.focus()
  }

  // What was typed is known already, so Enter goes on from here.
  #goOn = (event) => {
    if (this.#up?.dataset.text !== this.#box.value.trim()) return
    event.preventDefault()
    event.stopPropagation()
    if (!this.#message) location.assign(this.#up.dataset.address)
    else this.querySelector(this.#down ? "[rel=next]" : "[rel=prev]").click()
  }

  #noticeKey = (event) => {
    this.#down = event.shiftKey
    if (event.key === "Escape") this.#close(event)
  }

  #noticeClick = (event) => {
    if (event.target.closest("[data-close]")) this.#close(event)
    if (event.target.closest("[rel]")) this.#isStep = true
  }

  #show() {
    if (this.#message) this.#message.scrollIntoView({ block: "center" })
    else if (this.#up && this.#isStep) location.assign(this.#up.dataset.address)
    this.#isStep = false
    this.#mark()
  }

  #mark = () => {
    const text = this.hidden ? "" : this.#box.value.trim().toLowerCase()
    CSS.highlights?.set("found", new Highlight(...(text ? this.#ranges(text) : [])))
  }

  #ranges(text) {
    const ranges = []
    for (const place of document.querySelectorAll("#messages :is(.message__bubble, .prose)")) {
      const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT)
      while (walker.nextNode()) {
        const words = walker.currentNode.data.toLowerCase()
        for (let at = words.indexOf(text); at >= 0; at = words.indexOf(text, at + text.length)) {
          const range = new Range()
          range.setStart(walker.currentNode, at)
          range.setEnd(walker.currentNode, Math.min(at + text.length, walker.currentNode.length))
          ranges.push(range)
        }
      }
    }
    return ranges
  }
})
