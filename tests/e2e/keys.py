"""Somebody at the keys alone."""

FOCUSED = "document.activeElement"


class Keys:
    """Presses keys and counts them."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def press(self, key):
        self.page.keyboard.press(key)
        self.count += 1

    def tab_to(self, is_there, most=20):
        """Press Tab until a script says that the right element has the focus."""
        for _ in range(most):
            if self.page.evaluate(is_there):
                return
            self.press("Tab")
        raise AssertionError(f"not within {most} tabs: {is_there}")
