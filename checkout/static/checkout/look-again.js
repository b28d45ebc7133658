// While a payment is on its way, look again.
"use strict";

setTimeout(() => location.replace(location.href), 3000);
