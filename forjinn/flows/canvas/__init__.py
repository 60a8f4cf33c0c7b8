"""The canvas: a flow as a drawing that people change. The server holds what they changed: a draft."""
