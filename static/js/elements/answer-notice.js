// Tells of an answer that arrived while the tab was in the background: by the page's title and picture, and by a message
// of the browser's where the person has asked for it in this browser. All words, and the other picture, are attributes.
const WISH = "notify-of-answers"
const RUNNING = "[data-state=queued], [data-state=submitting], [data-state=processing]"
const isWanted = () => localStorage.getItem(WISH) === "on" && window.Notification?.permission === "granted"

customElements.define("answer-notice", class extends HTMLElement {
  #waiting = new Set()
  #restore = null
  #observer = new MutationObserver((records) => this.#compare(records))

  connectedCallback() {
    this.#observer.observe(document.getElementById("messages"), { childList: true, subtree: true })
    document.addEventListener("visibilitychange", this.#return)
  }

  disconnectedCallback() {
    this.#observer.disconnect()
    document.removeEventListener("visibilitychange", this.#return)
    this.#restore?.()
  }

  // A swap takes the waiting article away and brings one in its place, of the same name, in whichever order.
  #compare(records) {
    const nodesOf = (name) => records.flatMap((record) => [...record[name]]).filter((node) => node.matches?.("[data-state]"))
    for (const node of nodesOf("removedNodes")) if (node.matches(RUNNING)) this.#waiting.add(node.id)
    for (const node of nodesOf("addedNodes")) {
      if (!this.#waiting.delete(node.id) || node.matches(RUNNING) || !document.hidden) continue
      this.#show(node.dataset.state === "completed" ? this.dataset.answered : this.dataset.unanswered)
    }
  }

  #show(words) {
    const [title, icon] = [document.title, document.querySelector("link[rel=icon]")]
    if (!this.#restore) {
      const picture = icon.href
      this.#restore = () => {
        document.title = title
        icon.href = picture
      }
    }
    document.title = `${words} · ${title}`
    icon.href = this.dataset.icon
    if (isWanted()) this.#notify(words, title)
  }

  // Some phones' browsers have the permission, but no such message: then the title has to do.
  #notify(words, title) {
    try {
      const note = new Notification(words, { body: title, icon: this.dataset.icon, tag: location.pathname })
      note.onclick = () => {
        window.focus()
        note.close()
      }
    } catch {}
  }

  #return = () => {
    if (document.hidden) return
    this.#restore?.()
    this.#restore = null
  }
})

// The button in the settings: only a click on it asks the browser for its permission.
customElements.define("answer-notice-wish", class extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", this.#turn)
    this.#show()
  }

  #turn = async () => {
    const wish = isWanted() ? "off" : "on"
    if (wish === "on") await window.Notification?.requestPermission()
    localStorage.setItem(WISH, wish)
    this.#show()
  }

  #show() {
    const { permission } = window.Notification ?? { permission: "denied" }
    const state = permission === "denied" ? "denied" : isWanted() ? "on" : "off"
    this.hidden = false
    this.querySelector("button").setAttribute("aria-pressed", state === "on")
    for (const words of this.querySelectorAll("[data-wish]")) words.hidden = words.dataset.wish !== state
    this.querySelector("button").hidden = state === "denied"
  }
})
