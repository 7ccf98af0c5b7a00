// What every page does in the browser: one element for each behaviour, put in here by collectstatic, and what has no state.
import "./elements/answer-notice.js"
import "./elements/attachment-picker.js"
import "./elements/chat-scroller.js"
import "./elements/clocks.js"
import "./elements/copying.js"
import "./elements/command-palette.js"
import "./elements/conversation-list.js"
import "./elements/find-bar.js"
import "./elements/code-tools.js"
import "./elements/cost-estimate.js"
import "./elements/draft-keeper.js"
import "./elements/message-composer.js"
import "./elements/message-tree.js"
import "./elements/opened-dialog.js"
import "./elements/prompt-picker.js"
import "./elements/reply-wait.js"
import "./elements/sign-in-again.js"
import "./elements/search-box.js"

const YEAR_SECONDS = 365 * 24 * 60 * 60

document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-print]")) print()
})

// Kept with the account, and in a cookie for the pages before signing in: base.html writes it into the page, which is so
// never painted in the wrong colours first. The sending outlives the page.
document.addEventListener("change", ({ target }) => {
  if (!target.matches(".theme-switch input")) return
  document.documentElement.dataset.theme = target.value
  document.cookie = `theme=${target.value}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`
  fetch(target.form.action, { method: "POST", body: new FormData(target.form), keepalive: true, redirect: "manual" })
})

// An element that deals with its own trouble stops the event on its way up here.
function showTrouble(event) {
  if (event.detail.ctx?.response?.status === 422) return
  document.querySelector("[data-trouble]")?.removeAttribute("hidden")
}
document.addEventListener("htmx:error", showTrouble)
document.addEventListener("htmx:response:error", showTrouble)

// Browsers from before the command attribute get the three commands that the pages use.
if (!("command" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[commandfor]")
    const dialog = button && document.getElementById(button.getAttribute("commandfor"))
    if (button?.getAttribute("command") === "show-modal") dialog.showModal()
    if (button?.getAttribute("command") === "close") dialog.close()
  })
}
