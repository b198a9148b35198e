"""The look: what is known of one firm (经营画像) or of a portfolio, on one page that needs nothing beside it.

Charts are drawn here as SVG; the page holds its own style and no script, so that it reads the same from a
file, in a browser and on paper.
"""
