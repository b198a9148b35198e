"""The conformance kit: named promises that every route into every region keeps, on the sandbox or at a live
portal with a consenting account."""
