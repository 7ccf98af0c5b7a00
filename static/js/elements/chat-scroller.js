// Follows new messages, unless the reader has scrolled up to read old ones.
// The view is a reversed column: scrollTop is 0 at the newest message and negative above it.
const NEAR_PIXELS = 100

customElements.define("chat-scroller", class extends HTMLElement {
  #following = true
  #placed = 0
  #observer = new MutationObserver((records) => this.#followNewest(records))

  connectedCallback() {
    this.#view.addEventListener("scroll", this.#noticeReader, { passive: true })
    this.#jump.addEventListener("click", this.#jumpToNewest)
    this.#observer.observe(this.#view, { childList: true, subtree: true })
    this.#noticeReader()
  }

  disconnectedCallback() {
    this.#observer.disconnect()
  }

  get #view() { return this.querySelector(".transcript") }
  get #jump() { return this.querySelector("[data-jump]") }
  get #fromEnd() { return -this.#view.scrollTop }

  #noticeReader = () => {
    const unmoved = Math.abs(this.#view.scrollTop - this.#placed) < 2
    this.#following = unmoved && this.#following || this.#fromEnd < NEAR_PIXELS
    this.#jump.hidden = this.#fromEnd < NEAR_PIXELS
  }

  #jumpToNewest = () => {
    this.#view.scrollTop = 0
    document.getElementById("message")?.focus({ preventScroll: true })
  }

  // Where a person's message went, another path is shown, or one is edited: nobody has said anything new.
  #followNewest(records) {
    if (records.some((record) => [...record.removedNodes].some((node) => node.matches?.(".message--user, .message--edited")))) return
    const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node.matches?.(".message"))
    if (added.some((message) => message.matches(".message--user"))) this.#following = true
    if (added.length && this.#following) this.#show(added.at(-1))
  }

  // A long answer is read from its beginning, so that is what comes into view.
  #show(message) {
    this.#view.scrollTop = 0
    const { top } = this.#view.getBoundingClientRect()
    if (message.getBoundingClientRect().top < top) message.scrollIntoView({ block: "start" })
    this.#placed = this.#view.scrollTop
    this.#noticeReader()
  }
})
