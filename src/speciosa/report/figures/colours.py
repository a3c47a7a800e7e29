"""The colours of arms, kept apart from the theme so that a page can name them before charts are loaded."""

# Okabe and Ito's colours and darker or lighter relatives that stay apart under the common forms of colour blindness.
COLOURS = (
    "#00735c",
    "#4cb89a",
    "#9a7d00",
    "#cc79a7",
    "#0b5fa5",
    "#d55e00",
    "#56b4e9",
    "#7a4fa3",
    "#8c8c8c",
    "#1d2730",
)
