// What the tree of messages needs in the browser: where another path is shown, the place that was clicked stays where
// it is and is said to be which version; a quote goes into the composer; an edit is sent and left by the keyboard.
const PATH = "messages"
const SILENT_MILLISECONDS = 500

let clicked = null

function placeOf(parent) {
  return document.querySelector(`#${PATH} [data-parent="${CSS.escape(parent)}"]`)
}

document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  const message = ctx?.target?.id === PATH ? ctx.sourceElement.closest("[data-parent], .comparison__column") : null
  const parent = message?.dataset.parent ?? message?.querySelector("[data-parent]").dataset.parent
  clicked = parent ? { parent, top: message.getBoundingClientRect().top } : null
  if (clicked) sayOnlyWhichVersion()
})

// A path that was there before is nothing new to be read out.
function sayOnlyWhichVersion() {
  const path = document.getElementById(PATH)
  path.setAttribute("aria-live", "off")
  setTimeout(() => path.removeAttribute("aria-live"), SILENT_MILLISECONDS)
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  // Asking several models is for one message: what costs more is not done again unasked.
  if (ctx?.sourceElement?.id === "composer" && ctx.response.status < 300) {
    for (const box of ctx.sourceElement.querySelectorAll("[name=also]:checked")) box.checked = false
  }
  const { parent, top } = clicked ?? {}
  const place = parent && placeOf(parent)
  clicked = null
  if (!place) return
  place.closest(".transcript").scrollTop += place.getBoundingClientRect().top - top
  document.getElementById("announcer").textContent = place.querySelector(".versions__count")?.textContent ?? ""
})

// The part of the message that is selected, else all of it as it was written.
function quotable(message) {
  const selection = getSelection()
  if (!selection.isCollapsed && message.contains(selection.anchorNode) && message.contains(selection.focusNode)) {
    return selection.toString()
  }
  const source = message.querySelector("form template, .message__bubble")
  return (source.content ?? source).textContent
}

function quote(message) {
  const box = document.getElementById("message")
  const lines = quotable(message).trim().split("\n").map((line) => `> ${line}`.trimEnd())
  box.value = `${box.value.trimEnd()}\n\n${lines.join("\n")}\n\n`.trimStart()
  box.dispatchEvent(new Event("input", { bubbles: true }))
  box.focus()
  box.setSelectionRange(box.value.length, box.value.length)
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-quote]")
  if (!button) return
  button.closest("[popover]").hidePopover()
  quote(document.getElementById(`message-${button.dataset.quote}`))
})

customElements.define("message-edit", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", this.#answerKey)
    const box = this.querySelector("textarea")
    box.setSelectionRange(box.value.length, box.value.length)
  }

  #answerKey = (event) => {
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === "Escape") this.querySelector("[data-cancel]").click()
    if (event.key !== "Enter" || event.shiftKey || !event.target.matches("textarea")) return
    event.preventDefault()
    if (!event.repeat && event.target.value.trim()) this.querySelector("form").requestSubmit()
  }
})
