"""Bringing files to the server: a place to drop them and a button; its code is `assets/files.js`."""

import reflex as rx


class FileDrop(rx.Component):
    """Posts to `url` once, then each file to `<url>/<answered batch>/files`; `on_done` gets the batch when all are there."""

    library, tag = "$/public/files", "FileDrop"
    url: rx.Var[str]
    label: rx.Var[str]
    hint: rx.Var[str]
    on_done: rx.EventHandler[rx.event.passthrough_event_spec(str)]  # type: ignore[type-arg, valid-type]
