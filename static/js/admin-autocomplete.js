// Select2, which the admin makes of boxes that search, leaves the one of several choices without a name.
addEventListener("load", () => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const search = select.nextElementSibling?.querySelector(".select2-search__field")
    search?.setAttribute("aria-label", select.labels[0]?.textContent.replace(/:\s*$/, "") ?? "")
  }
})
