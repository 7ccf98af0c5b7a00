// Select2, which the admin makes of boxes that search, leaves the one of several choices without a name.
const nameless = "select.admin-autocomplete + .select2 .select2-search__field:not([aria-label])"

function nameThem() {
  for (const search of document.querySelectorAll(nameless)) {
    const [label] = search.closest(".select2").previousElementSibling.labels
    search.setAttribute("aria-label", label?.textContent.trim().replace(/:$/, "") ?? "")
  }
}

new MutationObserver(nameThem).observe(document.body, { childList: true, subtree: true })
nameThem()

// Its button that empties such a box stands where only list items may, and no key gets there: each choice has its own.
for (const box of document.querySelectorAll("select.admin-autocomplete[multiple]")) box.dataset.allowClear = "false"
