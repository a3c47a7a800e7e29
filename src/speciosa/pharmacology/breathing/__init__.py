"""The slow physiology of breathing: chemoreflexes, gases in lungs, blood and tissue, blood flow and its collapse."""
