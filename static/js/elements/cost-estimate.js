// Keeps the estimate up with what is typed and which model is chosen, out of a few numbers that the server wrote into the
// table of the panel; it counts as the server does. How long the conversation is stands in a hidden field, to which answers are added.
const SEPARATOR_CHARACTERS = 2
const FULL_PERCENT = 100

customElements.define("cost-estimate", class extends HTMLElement {
  #counted = new Set()
  #here
  // Drafts and examples come into the box without an event; the composer notes its text here each time.
  #observer = new MutationObserver(() => this.#update())

  connectedCallback() {
    // htmx keeps it elsewhere for a moment, while the composer around it is made anew.
    if (!this.#form) return
    this.#observer.observe(this.#form, { subtree: true, attributeFilter: ["data-text"] })
    this.#here = new AbortController()
    const { signal } = this.#here
    this.#form.addEventListener("input", this.#update, { signal })
    this.#form.addEventListener("change", this.#update, { signal })
    document.addEventListener("htmx:after:swap", this.#countAnswers, { signal })
    for (const answer of this.#answers) this.#counted.add(answer.id)
    this.#update()
  }

  disconnectedCallback() {
    this.#observer.disconnect()
    this.#here?.abort()
  }

  get #form() { return this.closest("form") }
  get #history() { return this.#form.elements.history }
  get #answers() { return document.querySelectorAll(".message[data-state=completed]") }

  #countAnswers = () => {
    for (const answer of this.#answers) {
      if (this.#counted.has(answer.id)) continue
      this.#counted.add(answer.id)
      const source = answer.querySelector(".message__actions template")?.content.textContent
      if (source && !answer.closest(".transcript__part")) this.#add(source.length + SEPARATOR_CHARACTERS)
    }
    this.#update()
  }

  #add(characters) {
    this.#history.setAttribute("value", Number(this.#history.value) + characters)
  }

  #update = () => {
    const { text, instruction, model } = this.#form.elements
    for (const row of document.querySelectorAll("#estimate-details [data-slug]")) {
      const told = "instruction" in row.dataset ? instruction.value.length : 0
      const shown = this.#words(row.dataset, Number(this.#history.value) + text.value.length + told)
      row.querySelector("[data-amount]").textContent = shown.amount ?? "–"
      row.querySelector("[data-percent]").textContent = `${shown.percent} %`
      if (row.dataset.slug === model.value) this.#summarise(shown)
    }
  }

  #words({ base, rate, characters: room }, characters) {
    const cost = Number(base) + Number(rate) * Math.min(characters, Number(room))
    const isFull = characters > Number(room)
    const percent = isFull ? FULL_PERCENT : Math.min(FULL_PERCENT - 1, Math.round(FULL_PERCENT * characters / Number(room)))
    const digits = { maximumSignificantDigits: 2 }
    return { amount: base && cost.toLocaleString(document.documentElement.lang, digits) || null, percent, isFull }
  }

  #summarise({ amount, percent, isFull }) {
    const { cost, unknown, memory, full } = this.dataset
    this.querySelector("button[data-cost]").textContent = amount === null ? unknown : cost.replace("{amount}", amount)
    this.querySelector("meter").value = percent
    this.querySelector("span[data-memory]").textContent = isFull ? full : memory.replace("{percent}", percent)
  }
})
