// Search as one types: Escape empties the box and brings the conversations back, arrows walk through what was found.
customElements.define("search-box", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", this.#steer)
    // What typing does has to look right, not to be mentioned when it fails: Enter leads to the page.
    this.addEventListener("htmx:error", (event) => event.stopPropagation())
    this.addEventListener("htmx:response:error", (event) => event.stopPropagation())
  }

  get #box() { return this.querySelector("input") }
  get #ways() { return [this.#box, ...this.querySelectorAll(".search-box__hits a")] }

  #steer = (event) => {
    if (event.isComposing) return
    if (event.key === "Escape" && this.#box.value) this.#empty(event)
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const at = this.#ways.indexOf(event.target)
    if (!step || !this.#ways[at + step]) return
    event.preventDefault()
    this.#ways[at + step].focus()
  }

  #empty(event) {
    event.preventDefault()
    event.stopPropagation()
    this.#box.value = ""
    this.#box.focus()
    htmx.trigger(this.querySelector("form"), "htmx:abort")
    this.querySelector(".search-box__hits").replaceChildren()
    this.#box.dispatchEvent(new Event("input", { bubbles: true }))
  }
})
