// The buttons of a reply's code besides "copy": wrap its lines, and keep it as a file. They hold no state but on the page.
function wrap(button) {
  const wrapped = button.closest("figure").toggleAttribute("data-wrapped")
  button.setAttribute("aria-pressed", wrapped)
}

function download(button) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([button.closest("figure").querySelector("pre").textContent]))
  link.download = button.value
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href))
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-wrap-code], [data-download-code]")
  if (button?.matches("[data-wrap-code]")) wrap(button)
  else if (button) download(button)
})
