"""Which browsers live inside other apps, by what they call themselves."""

import pytest

from bookingapp.web.inapp import in_app

ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-A546E{}) AppleWebKit/537.36 (KHTML, like Gecko) "
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
CHROME = "Chrome/125.0.0.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    "user_agent",
    [
        IPHONE + "Mobile/15E148 Instagram 333.0.3.29.90 (iPhone14,5; iOS 17_5; en_IN; scale=3.00)",
        ANDROID.format("; wv") + "Version/4.0 Chrome/125.0 Mobile Safari/537.36 Instagram 333.0 Android",
        IPHONE + "Mobile/15E148 [FBAN/FBIOS;FBAV/465.0.0.35.106;FBDV/iPhone14,5]",
        ANDROID.format("; wv") + "Version/4.0 Chrome/125.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/465;]",
        ANDROID.format("; wv") + "Version/4.0 Chrome/125.0 Mobile Safari/537.36 GPay/1",
        ANDROID.format("; wv") + "Version/4.0 Chrome/125.0.6422.113 Mobile Safari/537.36",
        ANDROID.format("") + "Version/4.0 Chrome/125.0 Mobile Safari/537.36 PhonePe/24",
        ANDROID.format("") + CHROME + " Telegram-Android/10.14",
        IPHONE + "Version/17.5 Mobile/15E148 Safari/604.1 [LinkedInApp]/9.29",
        IPHONE + "GSA/318.0 Mobile/15E148 Safari/604.1",
        IPHONE + "Mobile/15E148",
        IPHONE + "Mobile/15E148 musical_ly_34.9.0 BytedanceWebview/d8a21c6",
        IPHONE + "Mobile/15E148 MicroMessenger/8.0.49",
        IPHONE + "Mobile/15E148 Safari Line/14.8.0",
    ],
)  # fmt: skip
def test_a_browser_inside_another_app_is_known(user_agent: str) -> None:
    assert in_app(user_agent)


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        "curl/8.5.0",
        ANDROID.format("") + CHROME,
        ANDROID.format("") + "SamsungBrowser/25.0 " + CHROME,
        ANDROID.format("") + CHROME + " OPR/82.0",
        ANDROID.format("") + CHROME + " EdgA/125.0",
        "Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0",
        IPHONE + "Version/17.5 Mobile/15E148 Safari/604.1",
        IPHONE + "CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1",
        IPHONE + "FxiOS/126.0 Mobile/15E148 Safari/605.1.15",
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.5 Safari/605.1.15"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0"
        ),
        "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    ],
)
def test_a_browser_of_its_own_is_not(user_agent: str) -> None:
    assert not in_app(user_agent)
