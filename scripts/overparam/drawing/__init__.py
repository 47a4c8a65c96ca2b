"""Drawing: the theme, and axes and curves that figures of several topics share."""
