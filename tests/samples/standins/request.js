// Stands in for the package "request": the one call that Monedero's samples make.
exports.post = (options, callback) => {
  fetch(options.url, { method: "POST", headers: options.headers, body: new URLSearchParams(options.form) })
    .then(async (response) => callback(null, response, await response.text()))
    .catch((error) => callback(error));
};
