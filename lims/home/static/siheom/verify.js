// The QR code carries the verification code behind "#": browsers keep that part to themselves, servers never log it.
const code = decodeURIComponent(window.location.hash.slice(1));
const field = document.querySelector("#check-form [name=code]");
if (code && field && !field.value) {
  field.value = code;
}
