"use strict";
(() => {
  const place = document.getElementById("reference");
  SwaggerUIBundle({
    domNode: place,
    url: place.dataset.url,
    deepLinking: true,
    showExtensions: true,
    persistAuthorization: true,
    validatorUrl: null,
  });
})();
