// Where a tax platform leads the person back to: keeps what it says and goes on to the borrower's page.
"use strict";

const from = sessionStorage.getItem("taxlink.page");
if (from) {
  sessionStorage.setItem("taxlink.response", location.search.slice(1));
  location.replace(from);
}
