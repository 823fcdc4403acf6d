"""Browsers inside other apps: Instagram's, Facebook's, a payment app's web view.

A gateway's pop-up fails there: windows of banks and hand-overs to UPI apps do not come back. They
tell on themselves in the User-Agent; whoever hides is served as everybody else, and the form works there too.
"""

import re

# An app's own mark, or Android's for a web view.
_MARKS = re.compile(
    r"Instagram|FBAN|FBAV|FB_IAB|FBIOS|\bMessenger|Barcelona|Twitter|Snapchat|Pinterest|LinkedInApp"
    r"|musical_ly|TikTok|BytedanceWebview|MicroMessenger|Telegram|WhatsApp/|\bLine/|KAKAOTALK"
    r"|GSA/|GPay|GooglePay|PhonePe|Paytm|BHIM|CRED/|ShareChat|MojApp|; wv\)|\bWebView\b"
)
# Every real browser on an iPhone says Safari; a web view does not.
_APPLE = re.compile(r"\((?:iPhone|iPad|iPod)[^)]*\) AppleWebKit/(?!.*\bSafari/)")


def in_app(user_agent: str) -> bool:
    """Whether a page is shown inside another app."""
    return bool(_MARKS.search(user_agent) or _APPLE.search(user_agent))
