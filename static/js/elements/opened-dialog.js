// What a dialog is filled with: it opens the dialog as it arrives, and closes it. On a page of its own it does nothing.
customElements.define("opened-dialog", class extends HTMLElement {
  connectedCallback() {
    const dialog = this.closest("dialog")
    if (dialog && !dialog.open) dialog.showModal()
    this.querySelector("[data-close]")?.addEventListener("click", () => dialog?.close())
  }
})
