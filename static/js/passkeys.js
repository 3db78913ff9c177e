// Passkeys: hands what the server asks to the browser's keys, and brings their answer back. Where there are no scripts,
// or a browser knows no keys, these forms stay hidden, and the codes are there.
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (keys = []) => keys.map((key) => ({ ...key, id: toBytes(key.id) }));

  const post = (form, address) => fetch(address, { method: "POST", body: new FormData(form) });

  const told = async (response) => {
    const said = await response.json();
    if (!response.ok) throw new Error(said.detail);
    return said;
  };

  const asJson = (key) => {
    const response = { clientDataJSON: toText(key.response.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[part]) response[part] = toText(key.response[part]);
    }
    if (key.response.getTransports) response.transports = key.response.getTransports();
    return JSON.stringify({ id: key.id, rawId: toText(key.rawId), type: key.type, response });
  };

  const make = (options) => {
    options.user.id = toBytes(options.user.id);
    options.excludeCredentials = described(options.excludeCredentials);
    return navigator.credentials.create({ publicKey: options });
  };

  const sign = (options) => {
    options.allowCredentials = described(options.allowCredentials);
    return navigator.credentials.get({ publicKey: options });
  };

  const ask = async (form) => {
    const question = await post(form, form.dataset.begin);
    if (question.redirected) return location.assign(question.url); // somebody has to prove who they are first
    const options = await told(question);
    options.challenge = toBytes(options.challenge);
    const isNew = form.dataset.passkey === "make";
    form.elements.answer.value = asJson(await (isNew ? make(options) : sign(options)));
    if (isNew) return form.submit();
    const { go_to: next } = await told(await post(form, form.action));
    return location.assign(next);
  };

  const inWords = (error) => {
    if (error.name === "InvalidStateError") return "This device holds a passkey of yours already.";
    if (error instanceof DOMException) return "No passkey answered. Try again, or use a code.";
    return error instanceof TypeError || error instanceof SyntaxError ? "We could not be reached. Try again." : error.message;
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    const button = form.querySelector("button");
    const status = form.querySelector("[role=status]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      status.textContent = "";
      button.disabled = true;
      try {
        await ask(form);
      } catch (error) {
        status.textContent = inWords(error);
      }
      button.disabled = false;
    });
  }
})();
