// Counts the seconds since a moment. Both since and now are the server's, so it does not matter what time it is here.
customElements.define("elapsed-time", class extends HTMLElement {
  #timer

  connectedCallback() {
    const start = Date.now() - (this.#moment("now") - this.#moment("since"))
    const show = () => { this.textContent = this.#words(Math.max(0, Math.floor((Date.now() - start) / 1000))) }
    this.#timer = setInterval(show, 1000)
    show()
  }

  disconnectedCallback() {
    clearInterval(this.#timer)
  }

  #moment(name) {
    return Date.parse(this.getAttribute(name))
  }

  #words(seconds) {
    const rest = this.#count(seconds % 60, "second")
    return seconds < 60 ? rest : `${this.#count(Math.floor(seconds / 60), "minute")} ${rest}`
  }

  #count(number, unit) {
    return number.toLocaleString(document.documentElement.lang, { style: "unit", unit, unitDisplay: "narrow" })
  }
})
// Counts the seconds of a wait down, and stays at 1: how long it is exactly, only the server knows.
customElements.define("count-down", class extends HTMLElement {
  #timer = null

  connectedCallback() {
    this.#timer = setInterval(() => {
      this.textContent = Math.max(1, Number(this.textContent) - 1)
    }, 1000)
  }

  disconnectedCallback() {
    clearInterval(this.#timer)
  }
})
