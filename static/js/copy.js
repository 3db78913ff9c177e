// A link to a text as plain text copies it instead, where the browser lets us; the link's line says so.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-copy]");
  if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    await navigator.clipboard.writeText(document.getElementById(link.dataset.copy).textContent);
    link.parentElement.querySelector("[role=status]").textContent = "Copied.";
  } catch {
    location.assign(link.href);
  }
});
