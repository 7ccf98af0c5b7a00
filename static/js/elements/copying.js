// Copies a text or code; all that a shared page needs of scripts.
const DONE_MILLISECONDS = 2000

// Without HTTPS a browser has no clipboard to offer, only the old command.
async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const box = document.createElement("textarea")
  box.value = text
  document.body.append(box)
  box.select()
  document.execCommand("copy")
  box.remove()
}

// What is read out, and shown for a moment, when something was copied; base.html has the word.
function sayDone(button) {
  const announcer = document.getElementById("announcer")
  const words = button.textContent
  button.toggleAttribute("data-done", true)
  announcer.textContent = announcer.dataset.copied
  if (button.matches("[data-copy-code]")) button.textContent = announcer.dataset.copied
  setTimeout(() => {
    button.removeAttribute("data-done")
    announcer.textContent = ""
    if (button.matches("[data-copy-code]")) button.textContent = words
  }, DONE_MILLISECONDS)
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]:not([data-done]), [data-copy-code]:not([data-done])")
  if (!button) return
  const isCode = button.matches("[data-copy-code]")
  const source = isCode
    ? button.closest("figure").querySelector("pre")
    : button.parentElement.querySelector("template") ?? button.closest(".message").querySelector(".message__bubble")
  await copyText((source.content ?? source).textContent)
  sayDone(button)
})
