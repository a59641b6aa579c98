"""What users do with one another: reviews, reports, blocks, notices, chats, devices. Times are UNIX seconds."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver import Table


@dataclass(frozen=True, slots=True)
class Review:
    """What a user says of a service, and what its owner answers; ``answered_at`` is None before."""

    id: str
    service_id: str
    author_id: str
    rating: int
    text: str
    created_at: int
    updated_at: int
    answer: str = ""
    answered_at: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a user reports. ``kind`` is profile, service or review, ``target_id`` the id of one."""

    id: str
    kind: str
    target_id: str
    author_id: str
    detail_id: int
    text: str
    created_at: int


@dataclass(frozen=True, slots=True)
class UserNotification:
    """A notice that a user finds in the app. ``kind`` is a scope of the mails, or what has no mail; ``target_id`` is what it is about."""

    id: str
    user_id: str
    kind: str
    target_id: str
    text: str
    seen: bool
    created_at: int


@dataclass(frozen=True, slots=True)
class Block:
    """A user who does not want to meet another one."""

    id: int
    user_id: str
    blocked_id: str


@dataclass(frozen=True, slots=True)
class DeviceToken:
    """A device of a user, to which notices can be pushed."""

    id: str
    user_id: str
    token: str
    platform: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation of two users, perhaps about a service. ``hidden_for`` are those who have deleted it."""

    id: str
    user_id: str
    other_id: str
    service_id: str | None
    created_at: int
    hidden_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message of a chat. ``received_at`` is None until the other user has received it."""

    id: str
    chat_id: str
    author_id: str
    text: str
    created_at: int
    received_at: int | None = None


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """A code and a link for a new password, mailed together; either is good once. ``expires_at`` is in UNIX seconds."""

    id: str
    user_id: str
    code: str
    expires_at: int
    used: bool = False


@dataclass(frozen=True, slots=True)
class SocialAccount:
    """An account at another provider with which a user signs in; ``subject`` is what the provider calls the user."""

    id: int
    user_id: str
    provider: str
    subject: str


_USER = {"user_id": "trincico.users"}
REVIEWS = Table(
    "trincico.reviews",
    Review,
    {"service": "service_id", "author": "author_id"},
    references={"service_id": "trincico.services", "author_id": "trincico.users"},
)
REPORTS = Table("trincico.reports", Report, references={"author_id": "trincico.users", "detail_id": "trincico.report_details"})
USER_NOTIFICATIONS = Table("trincico.user_notifications", UserNotification, {"user": "user_id"}, references=_USER)
BLOCKS = Table("trincico.blocks", Block, {"user": "user_id", "blocked": "blocked_id"}, references={**_USER, "blocked_id": "trincico.users"})
DEVICE_TOKENS = Table("trincico.device_tokens", DeviceToken, {"user": "user_id"}, references=_USER)
CHATS = Table("trincico.chats", Chat, references={**_USER, "other_id": "trincico.users", "service_id": "trincico.services"})
CHAT_MESSAGES = Table(
    "trincico.chat_messages", ChatMessage, {"chat": "chat_id"}, references={"chat_id": "trincico.chats", "author_id": "trincico.users"}
)
PASSWORD_RESETS = Table("trincico.password_resets", PasswordReset, {"user": "user_id"}, references=_USER, secrets=("code",))
SOCIAL_ACCOUNTS = Table("trincico.social_accounts", SocialAccount, {"user": "user_id"}, references=_USER)
