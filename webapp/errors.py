"""Every failure that a person can meet, with the sentence that they read.

LiaochatError
├── ConfigurationError        the server cannot start as it is set up
├── Refused                   a person's command was refused and nothing changed
│   ├── BadCommand            not a command at all
│   ├── NotFound              unknown, or somebody else's: the same answer
│   ├── BadAddress            not a page of a list
│   ├── NotSignedIn
│   ├── AccountDisabled
│   ├── EmptyMessage
│   ├── MessageTooLong
│   ├── RequestTooLong        with what the model is told first, in tokens
│   ├── InstructionsTooLong
│   ├── BadParameter          no number, or out of bounds
│   │   └── BadWholeParameter
│   ├── UnknownEffort
│   ├── UnknownModel
│   ├── AuthCodeMissing
│   │   ├── KeyMissing        one's own, for another service than Liaobots
│   │   └── TeamKeyMissing
│   ├── BadAuthCode
│   │   └── BadKey            for another service than Liaobots
│   ├── KeyPlaceChanged       since the form was shown
│   ├── CannotSave            the database takes no writes
│   ├── QuotaUsedUp           of the team's auth code
│   │   ├── MessagesOfDayUsed
│   │   ├── MessagesOfMonthUsed
│   │   ├── CharactersOfDayUsed
│   │   └── CharactersOfMonthUsed
│   ├── BadQuota
│   ├── AlreadyAnswering
│   ├── BranchMoved           the conversation went on elsewhere
│   ├── WentOn                the same, and what came since would have been deleted unseen
│   ├── EmptyFilter           of a search, as the three below: the rest of it is done
│   ├── BadDate
│   ├── UnknownPlace
│   ├── QueryTooLong
│   ├── NotText               a file of sounds, of a program, of an unknown kind of pictures
│   ├── EmptyFile
│   ├── FileTooLong           for the model
│   ├── FileTooLarge          for any
│   ├── FilesTooLarge         all together
│   ├── TooManyFiles
│   ├── FilesGone             they were sent or removed elsewhere
│   ├── ImageBroken           it cannot be decoded
│   ├── ImageTooLarge         in bytes
│   ├── ImageTooManyPixels
│   ├── TooManyImages
│   ├── ImagesBusy            others' are being decoded
│   ├── ImageNotSeen          the model takes no images: this one cannot be attached
│   ├── ImagesNotSeen         the same, and some are attached already
│   ├── EmptyName
│   ├── FolderExists
│   ├── TooManyFolders
│   ├── NothingChosen         many at once, and none of them
│   ├── NameTaken
│   ├── EmptyPrompt
│   ├── TextTooLong
│   ├── TooManyVariables
│   ├── TooManyPrompts        or presets
│   ├── ChangedElsewhere      what a form showed is not what is there
│   ├── ImportBroken          the file ends being JSON somewhere
│   ├── ImportUnknown         JSON, and of nobody we know
│   ├── ImportNewer           of a newer Liaochat
│   ├── ImportNotText         neither JSON nor an archive
│   ├── ImportNothing         no file, or an empty one
│   ├── ArchiveBroken
│   ├── ArchiveLocked         with a password
│   ├── ArchiveTooLarge       once it is unpacked
│   ├── ArchiveForeign        nothing of ours or theirs in it
│   ├── ImportTooLarge
│   ├── ImportTooMany
│   ├── ImportUnderway        one at a time
│   ├── ImportsBusy
│   ├── ImportNoRoom          on the disk
│   ├── ExportUnderway        one at a time
│   ├── ExportsBusy
│   ├── ImportFailed          and was undone
│   ├── ImportCutOff          by a restart, and was undone
│   ├── NothingToShare
│   ├── TooManyLinks
│   ├── PublicSharingOff
│   ├── LastOwner             would be none any more
│   ├── NotOneself
│   ├── MemberDisabled
│   ├── NothingOffered
│   ├── BadDays
│   ├── ChoiceFixed           said by the environment, a file or the command line
│   ├── WrongPassword         or no such name: the same answer
│   ├── NotYourName
│   ├── PasswordTooShort
│   ├── PasswordCommon
│   ├── TooManyTries          at a password, for a name or from an address
│   ├── SignInsBusy
│   ├── InvitationClosed      used, revoked or run out: the same answer
│   ├── MemberNameTaken
│   └── ReadOnly              who reads by a link can do nothing else
└── ProviderError             an answer failed or broke off
    ├── AuthCodeRefused
    │   ├── TeamCodeRefused
    │   └── KeyRefused        somebody's own, of another service than Liaobots
    ├── CreditUsedUp
    │   ├── TeamCreditUsedUp
    │   └── KeySpent          as above
    ├── ServerKeyRefused      one that nobody who asks could change, or none
    ├── ServerKeySpent
    ├── KeyElsewhere          it was entered for another address
    ├── RateLimited
    ├── HostMoved
    ├── AddressWrong          no such service there
    ├── RequestRefused        with a reason, before anything was generated
    ├── ModelFailed
    │   └── QuestionTooLong   for a model on this machine, which counts otherwise than we do
    ├── HumanCheck
    ├── WebPage               a human check, or a wrong address
    ├── Unreachable
    ├── BrokenOff
    ├── SilentTooLong
    ├── AnswerTooLong
    ├── OutOfTokens           the answer, of those that one may have
    ├── AnswerFiltered
    ├── AnswerEnded           by the model, for a reason that only its maker knows
    ├── Unintelligible
    ├── NoModelList
    ├── EmptyAnswer
    ├── LocalModelFailed
    │   └── LocalModelTooLarge
    └── ServerRestarted       the server ended while it was answering

A sentence is a gettext message id with `%(name)s` places, so that it can be
stored as code and values and read in the reader's language. One that has a `plural`
is for a single thing, and its value `number` says of how many it speaks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools look for
    """Mark a text for translation where it is written, not where it is shown."""
    return message


def NN_(message: str, plural: str) -> tuple[str, str]:  # noqa: N802 - as above
    """Mark a text that is another one of several things, as `ngettext` takes the two."""
    return message, plural


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is stored and passed on: without the exception, in no language."""

    code: str
    values: Mapping[str, str | int]

    def dump(self) -> str:
        return json.dumps({"code": self.code, "values": dict(self.values)}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Failure:
        stored = json.loads(text)
        return cls(stored["code"], stored["values"])


class LiaochatError(Exception):
    """A failure with a code for machines and a sentence for people."""

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = N_("Something went wrong. Try again.")
    plural: ClassVar[str] = ""
    """The sentence where the value `number` is not one, if it differs then."""
    unpaid: ClassVar[bool] = False
    """Whether the upstream turned a request away, and nothing was charged for it."""

    def __init__(self, **values: str | int) -> None:
        self.values = values
        several = self.plural and values["number"] != 1
        super().__init__((self.plural if several else self.sentence) % values)

    @property
    def failure(self) -> Failure:
        return Failure(self.code, self.values)


class ConfigurationError(LiaochatError):
    code = "configuration"
    sentence = "%(reason)s"


class Refused(LiaochatError):
    code = "refused"


class BadCommand(Refused):
    code = "bad_command"
    sentence = N_("The server did not understand this page. Reload it.")


class NotFound(Refused):
    code = "not_found"
    sentence = N_("There is nothing here. It may have been deleted, or the address is wrong.")


class BadAddress(Refused):
    code = "bad_address"
    sentence = N_("This address leads to no page of the list. Open the list from its beginning.")


class NotSignedIn(Refused):
    code = "not_signed_in"
    sentence = N_("You are signed out. Sign in again.")


class AccountDisabled(Refused):
    code = "account_disabled"
    sentence = N_("Your account is disabled. An owner of this Liaochat can enable it again.")


class EmptyMessage(Refused):
    code = "empty_message"
    sentence = N_("The message is empty. Write something first.")


class MessageTooLong(Refused):
    code = "message_too_long"
    sentence = N_(
        "The message has %(length)s characters; %(model)s takes %(limit)s at most. Shorten it."
    )


class RequestTooLong(Refused):
    code = "request_too_long"
    sentence = N_(
        "This message and the instructions take more than the %(room)s tokens that %(model)s "
        "has beside its answer. Shorten it, or choose another model."
    )


class InstructionsTooLong(Refused):
    code = "instructions_too_long"
    sentence = N_("The instructions may have %(limit)s characters at most. Shorten them.")


class BadParameter(Refused):
    code = "bad_parameter"
    sentence = N_("“%(name)s” takes a number from %(least)s to %(most)s, or nothing.")


class BadWholeParameter(BadParameter):
    code = "bad_whole_parameter"
    sentence = N_("“%(name)s” takes a whole number from %(least)s to %(most)s, or nothing.")


class UnknownEffort(Refused):
    code = "unknown_effort"
    sentence = N_("“Reasoning effort” is low, medium or high, or left to the model.")


class UnknownModel(Refused):
    code = "unknown_model"
    sentence = N_("This model is not offered any more. Choose another one.")


class AuthCodeMissing(Refused):
    code = "auth_code_missing"
    sentence = N_("%(model)s needs a Liaobots auth code. Enter one under “Auth code”.")


class KeyMissing(AuthCodeMissing):
    code = "key_missing"
    sentence = N_("%(model)s needs a key for %(provider)s. Enter yours under “Key”.")


class TeamKeyMissing(AuthCodeMissing):
    code = "team_key_missing"
    sentence = N_(
        "%(model)s needs the team’s key for %(provider)s, and there is none. "
        "Tell the owner of this server, or choose another model."
    )


class BadAuthCode(Refused):
    code = "bad_auth_code"
    sentence = N_(
        "This is not an auth code: it may hold only visible ASCII characters, 512 at most. "
        "Copy it again."
    )


class BadKey(BadAuthCode):
    code = "bad_key"
    sentence = N_(
        "This is not a key for %(provider)s: it may hold only visible ASCII characters, "
        "512 at most. Copy it again."
    )


class QuotaUsedUp(Refused):
    """More than is left to a member of the team's code. `wait` is a phrase: "in 3 hours"."""

    code = "quota_used_up"


class MessagesOfDayUsed(QuotaUsedUp):
    code = "messages_of_day_used"
    sentence, plural = NN_(
        "Your %(limit)s message for today is used. The next day begins at 00:00 UTC, %(wait)s. "
        "What a code or key of your own pays has no limit.",
        "Your %(limit)s messages for today are used. The next day begins at 00:00 UTC, %(wait)s. "
        "What a code or key of your own pays has no limit.",
    )


class MessagesOfMonthUsed(QuotaUsedUp):
    code = "messages_of_month_used"
    sentence, plural = NN_(
        "Your %(limit)s message for this month is used. The next month begins on its first day "
        "at 00:00 UTC, %(wait)s. What a code or key of your own pays has no limit.",
        "Your %(limit)s messages for this month are used. The next month begins on its first day "
        "at 00:00 UTC, %(wait)s. What a code or key of your own pays has no limit.",
    )


class CharactersOfDayUsed(QuotaUsedUp):
    code = "characters_of_day_used"
    sentence, plural = NN_(
        "This takes %(count)s characters with what goes along, and %(left)s of your %(limit)s "
        "for today is left. The next day begins at 00:00 UTC, %(wait)s. "
        "What a code or key of your own pays has no limit.",
        "This takes %(count)s characters with what goes along, and %(left)s of your %(limit)s "
        "for today are left. The next day begins at 00:00 UTC, %(wait)s. "
        "What a code or key of your own pays has no limit.",
    )


class CharactersOfMonthUsed(QuotaUsedUp):
    code = "characters_of_month_used"
    sentence, plural = NN_(
        "This takes %(count)s characters with what goes along, and %(left)s of your %(limit)s "
        "for this month is left. The next month begins on its first day at 00:00 UTC, %(wait)s. "
        "What a code or key of your own pays has no limit.",
        "This takes %(count)s characters with what goes along, and %(left)s of your %(limit)s "
        "for this month are left. The next month begins on its first day at 00:00 UTC, %(wait)s. "
        "What a code or key of your own pays has no limit.",
    )


class BadQuota(Refused):
    code = "bad_quota"
    sentence = N_(
        "A limit is a whole number of at most 9 digits, or -1 for no limit, and at least one "
        "answer has to run at once. Nothing was changed."
    )


class KeyPlaceChanged(Refused):
    code = "key_place_changed"
    sentence = N_(
        "%(provider)s has another address than this page said, and the key was not kept. "
        "Enter it again if it is for that address."
    )


class CannotSave(Refused):
    """The database takes no writes: it is locked, its disk is full, or worse."""

    code = "cannot_save"
    sentence = N_(
        "The server cannot save anything at the moment, so nothing was done. "
        "Try again soon; its log says why."
    )


class AlreadyAnswering(Refused):
    code = "already_answering"
    sentence = N_("The last message is still being answered. Wait for the end or stop it.")


class BranchMoved(Refused):
    code = "branch_moved"
    sentence = N_("This conversation went on elsewhere. Look at what is new, then send again.")


class EmptyFilter(Refused):
    code = "empty_filter"
    sentence = N_("Write what to look for right behind “%(name)s:”.")


class BadDate(Refused):
    code = "bad_date"
    sentence = N_(
        "This is not a date: “%(date)s”. "
        "Write a year, a month or a day: 2026, 2026-03 or 2026-03-15."
    )


class UnknownPlace(Refused):
    code = "unknown_place"
    sentence = N_("There is no place “%(place)s” to search in. Write in:archive or in:trash.")


class QueryTooLong(Refused):
    code = "query_too_long"
    sentence = N_(
        "Only the beginning was searched for: a search takes %(limit)s characters "
        "and %(words)s words."
    )


class EmptyName(Refused):
    code = "empty_name"
    sentence = N_("There is nothing to be seen in this name. Write one with letters in it.")


class FolderExists(Refused):
    code = "folder_exists"
    sentence = N_("There is a folder called “%(name)s” already. Choose another name.")


class TooManyFolders(Refused):
    code = "too_many_folders"
    sentence = N_("There are %(limit)s folders, and that is the most. Delete one first.")


class NothingChosen(Refused):
    code = "nothing_chosen"
    sentence = N_("No conversation was chosen. Tick at least one, then try again.")


class NameTaken(Refused):
    code = "name_taken"
    sentence = N_("You have something called “%(name)s” already. Choose another name.")


class EmptyPrompt(Refused):
    code = "empty_prompt"
    sentence = N_("The template is empty. Write its text first.")


class TextTooLong(Refused):
    code = "text_too_long"
    sentence = N_("The text has %(length)s characters; %(limit)s are the most. Shorten it.")


class TooManyVariables(Refused):
    code = "too_many_variables"
    sentence = N_(
        "The template has %(count)s different places to fill in; %(limit)s are the most. "
        "Write some of them out."
    )


class TooManyPrompts(Refused):
    code = "too_many_prompts"
    sentence = N_("You have %(limit)s of them, and that is the most. Delete one first.")


class ChangedElsewhere(Refused):
    code = "changed_elsewhere"
    sentence = N_("“%(name)s” was changed elsewhere meanwhile. Look at what is there now.")


class ImportBroken(Refused):
    code = "import_broken"
    sentence = N_(
        "This file stops being JSON somewhere around byte %(at)s: it is cut off or damaged. "
        "Fetch it once more from where it came. Nothing was imported."
    )


class ImportUnknown(Refused):
    code = "import_unknown"
    sentence = N_(
        "This file holds no conversations of Liaochat, ChatGPT or chatbot-ui. "
        "Choose an export of one of these. Nothing was imported."
    )


class ImportNewer(Refused):
    code = "import_newer"
    sentence = N_(
        "This file was written by a newer Liaochat (format %(version)s; this one reads up to "
        "%(newest)s). Update this server first. Nothing was imported."
    )


class ImportNotText(Refused):
    code = "import_not_text"
    sentence = N_(
        "This file is neither JSON nor a zip archive. Choose an export of Liaochat, ChatGPT or "
        "chatbot-ui. Nothing was imported."
    )


class ImportNothing(Refused):
    code = "import_nothing"
    sentence = N_("There is no file, or nothing in it. Choose one, then try again.")


class ArchiveBroken(Refused):
    code = "archive_broken"
    sentence = N_(
        "This archive is damaged. Fetch it once more from where it came. Nothing was imported."
    )


class ArchiveLocked(Refused):
    code = "archive_locked"
    sentence = N_(
        "This archive is encrypted or packed in an unusual way. Unpack it, and choose the JSON "
        "file in it. Nothing was imported."
    )


class ArchiveTooLarge(Refused):
    code = "archive_too_large"
    sentence = N_(
        "What is in this archive is larger than %(limit)s MB, the most that is taken in. "
        "Nothing was imported."
    )


class ArchiveForeign(Refused):
    code = "archive_foreign"
    sentence = N_(
        "There is no conversations.json in this archive. Choose ChatGPT’s archive as it came, or "
        "a JSON file. Nothing was imported."
    )


class ImportTooLarge(Refused):
    code = "import_too_large"
    sentence = N_(
        "This file is larger than %(limit)s MB, the most that this server takes. "
        "Its owner can raise LIAOCHAT_IMPORT_LIMIT. Nothing was imported."
    )


class ImportTooMany(Refused):
    code = "import_too_many"
    sentence = N_(
        "There are more than %(limit)s conversations in this file, the most that are taken in "
        "at once. Nothing was imported."
    )


class ImportUnderway(Refused):
    code = "import_underway"
    sentence = N_("An import of yours is under way. Wait for its end, or cancel it.")


class ImportsBusy(Refused):
    code = "imports_busy"
    sentence = N_("Others are importing at the moment. Try again in a few minutes.")


class ImportFailed(Refused):
    code = "import_failed"
    sentence = N_(
        "The import could not be finished, and all of it was undone. The server’s log says why. "
        "Try again, or tell the owner."
    )


class ImportCutOff(Refused):
    code = "import_cut_off"
    sentence = N_(
        "The server was restarted during this import. All of it was undone; upload the file again."
    )


class ImportNoRoom(Refused):
    code = "import_no_room"
    sentence = N_("There is no room for this file on the server. Tell its owner.")


class ExportUnderway(Refused):
    code = "export_underway"
    sentence = N_("An export of all your conversations is under way. Wait for its end.")


class ExportsBusy(Refused):
    code = "exports_busy"
    sentence = N_("Others are exporting everything at the moment. Try again in a few minutes.")


class NothingToShare(Refused):
    code = "nothing_to_share"
    sentence = N_("There is no message here yet that a link could show. Write one first.")


class TooManyLinks(Refused):
    code = "too_many_links"
    sentence = N_("This conversation has %(limit)s links already. Revoke one first.")


class PublicSharingOff(Refused):
    code = "public_sharing_off"
    sentence = N_("Public links are off on this server. Its owner can allow them.")


class WrongPassword(Refused):
    code = "wrong_password"
    sentence = N_("The name or the password is not right. Try again.")


class NotYourName(Refused):
    code = "not_your_name"
    sentence = N_("Nothing was deleted. Write “%(name)s” to say that you mean it.")


class PasswordTooShort(Refused):
    code = "password_too_short"
    sentence = N_("A password needs at least %(shortest)s characters. Add some words to it.")


class PasswordCommon(Refused):
    code = "password_common"
    sentence = N_(
        "This password is among the first that are guessed. Choose another one, for example "
        "four words that do not belong together."
    )


class TooManyTries(Refused):
    code = "too_many_tries"
    sentence = N_(
        "There were too many tries. Wait %(minutes)s min, then try again, or open a sign-in link."
    )

    def __init__(self, *, minutes: int, seconds: int = 0) -> None:
        super().__init__(minutes=minutes)
        self.seconds = seconds
        """How long the wait is, for the header Retry-After."""


class SignInsBusy(Refused):
    code = "sign_ins_busy"
    sentence = N_("Too many people sign in at the moment. Try again in a minute.")


class InvitationClosed(Refused):
    code = "invitation_closed"
    sentence = N_(
        "This invitation was used already, was revoked or has run out. Ask for a new one."
    )


class MemberNameTaken(Refused):
    code = "member_name_taken"
    sentence = N_("There is somebody called “%(name)s” here already. Choose another name.")


class LastOwner(Refused):
    code = "last_owner"
    sentence = N_("Nobody else is an owner who can sign in. Make another member an owner first.")


class NotOneself(Refused):
    code = "not_oneself"
    sentence = N_("You cannot disable yourself. Another owner can.")


class MemberDisabled(Refused):
    code = "member_disabled"
    sentence = N_("%(name)s is disabled, and a link would open nothing. Enable them first.")


class NothingOffered(Refused):
    code = "nothing_offered"
    sentence = N_("No model would be left to choose. Tick at least one.")


class BadDays(Refused):
    code = "bad_days"
    sentence = N_("This is no number of days. Write a whole number from 0 to %(most)s.")


class ChoiceFixed(Refused):
    code = "choice_fixed"
    sentence = N_(
        "%(setting)s is set where the server is started, and cannot be changed here. "
        "Change it there, and restart the server."
    )


class ReadOnly(Refused):
    code = "read_only"
    sentence = N_("This page shows what somebody shared. It can only be read.")


class NotText(Refused):
    code = "not_text"
    sentence = N_(
        "“%(name)s” is neither text nor an image that can be sent: PNG, JPEG, WebP or GIF."
    )


class EmptyFile(Refused):
    code = "empty_file"
    sentence = N_("“%(name)s” is empty. There is nothing in it to send.")


class FileTooLong(Refused):
    code = "file_too_long"
    sentence = N_(
        "“%(name)s” has %(length)s characters; %(model)s takes %(limit)s at most. "
        "Send a part of it."
    )


class FileTooLarge(Refused):
    code = "file_too_large"
    sentence = N_(
        "“%(name)s” is too large: a file may have %(limit)s characters. Send a part of it."
    )


class FilesTooLarge(Refused):
    code = "files_too_large"
    sentence = N_(
        "“%(name)s” was left out: all files of a message may have %(limit)s characters together."
    )


class TooManyFiles(Refused):
    code = "too_many_files"
    sentence = N_("A message can have %(limit)s files. The others were left out.")


class FilesGone(Refused):
    code = "files_gone"
    sentence = N_(
        "A file of this message was sent or removed elsewhere. Reload the page to see which."
    )


class ImageBroken(Refused):
    code = "image_broken"
    sentence = N_("“%(name)s” cannot be read as an image: it is damaged, or of an unusual kind.")


class ImageTooLarge(Refused):
    code = "image_too_large"
    sentence = N_("“%(name)s” is too large: an image may have %(limit)s MB. Send a smaller one.")


class ImageTooManyPixels(Refused):
    code = "image_too_many_pixels"
    sentence = N_(
        "“%(name)s” is too large: an image may have %(limit)s million pixels. Send a smaller one."
    )


class TooManyImages(Refused):
    code = "too_many_images"
    sentence = N_("A message can have %(limit)s images. “%(name)s” was left out.")


class ImagesBusy(Refused):
    code = "images_busy"
    sentence = N_("The server has many images to read at the moment. Try again in a minute.")


class ImageNotSeen(Refused):
    code = "image_not_seen"
    sentence = N_(
        "“%(name)s” is an image, and %(model)s takes text alone. Choose a model that sees images."
    )


class ImagesNotSeen(Refused):
    code = "images_not_seen"
    sentence = N_(
        "%(model)s takes text alone. Remove the images, or choose a model that sees them."
    )


class WentOn(Refused):
    code = "went_on"
    sentence = N_(
        "Nothing was deleted: this conversation went on elsewhere. "
        "Look at what is new, then delete again."
    )


class ProviderError(LiaochatError):
    code = "provider"


class AuthCodeRefused(ProviderError):
    code = "auth_code_refused"
    unpaid = True
    sentence = N_("The auth code was refused. Enter another one.")


class CreditUsedUp(ProviderError):
    code = "credit_used_up"
    unpaid = True
    sentence = N_("No credit is left on this auth code. Top it up or enter another one.")


class TeamCodeRefused(AuthCodeRefused):
    code = "team_code_refused"
    sentence = N_(
        "The team’s auth code was refused. Tell the owner of this server, "
        "or enter a code of your own under “Auth code”."
    )


class TeamCreditUsedUp(CreditUsedUp):
    code = "team_credit_used_up"
    sentence = N_(
        "No credit is left on the team’s auth code. Tell the owner of this server, "
        "or enter a code of your own under “Auth code”."
    )


class KeyRefused(AuthCodeRefused):
    code = "key_refused"
    sentence = N_("%(provider)s refused the key. Enter another one.")


class KeySpent(CreditUsedUp):
    code = "key_spent"
    sentence = N_("No credit is left on the key for %(provider)s. Top it up or enter another one.")


class ServerKeyRefused(ProviderError):
    code = "server_key_refused"
    unpaid = True
    sentence = N_(
        "%(provider)s wants another key than this server has for it. Tell the owner of this server."
    )


class ServerKeySpent(ProviderError):
    code = "server_key_spent"
    unpaid = True
    sentence = N_(
        "This server has no credit left with %(provider)s. Tell its owner, or choose another model."
    )


class KeyElsewhere(ProviderError):
    code = "key_elsewhere"
    unpaid = True
    sentence = N_(
        "%(provider)s has another address now, and the key that was entered for the one before "
        "was not sent there. It has to be entered again."
    )


class RateLimited(ProviderError):
    """Too many requests. `wait` is a phrase such as "in 20 seconds" or "in a moment"."""

    code = "rate_limited"
    unpaid = True
    sentence = N_("%(host)s asks for fewer requests. Try again %(wait)s.")


class HostMoved(ProviderError):
    code = "host_moved"
    unpaid = True
    sentence = N_(
        "%(host)s is not where Liaobots answers any more. "
        "The owner should correct LIAOCHAT_LIAOBOTS_URL."
    )


class AddressWrong(ProviderError):
    code = "address_wrong"
    unpaid = True
    sentence = N_(
        "%(host)s does not answer where it was asked. "
        "The owner of this server should correct the address."
    )


class RequestRefused(ProviderError):
    code = "request_refused"
    unpaid = True
    sentence = N_(
        "%(host)s refused the question: %(reason)s. Ask otherwise, or choose another model."
    )


class ModelFailed(ProviderError):
    code = "model_failed"
    sentence = N_("The model failed: %(reason)s. Try again or choose another model.")


class QuestionTooLong(ModelFailed):
    code = "question_too_long"
    sentence = N_("This message is too long for %(model)s. Shorten it, or choose another model.")


class HumanCheck(ProviderError):
    code = "human_check"
    unpaid = True
    sentence = N_(
        "%(host)s wants to see a human first. Open it once in your browser, then try again."
    )


class WebPage(ProviderError):
    code = "web_page"
    unpaid = True
    sentence = N_(
        "%(host)s answered with a page for a browser: it wants to see a human first, or the "
        "address is wrong. Open it once in your browser, then try again."
    )


class Unreachable(ProviderError):
    code = "unreachable"
    unpaid = True
    sentence = N_("%(host)s cannot be reached (%(reason)s). Nothing was charged. Try again later.")


class BrokenOff(ProviderError):
    code = "broken_off"
    sentence = N_(
        "The connection to %(host)s broke off before the end. Ask again for a whole answer."
    )


class SilentTooLong(ProviderError):
    code = "silent_too_long"
    sentence = N_(
        "%(host)s was silent for %(seconds)s seconds. Ask again, or choose another model."
    )


class AnswerTooLong(ProviderError):
    code = "answer_too_long"
    sentence = N_("The answer grew past %(limit)s characters and was cut there.")


class OutOfTokens(ProviderError):
    code = "out_of_tokens"
    sentence = N_("The answer took all the tokens that it may have, and was cut there.")


class AnswerFiltered(ProviderError):
    code = "answer_filtered"
    sentence = N_("A filter of %(host)s ended the answer. Ask otherwise, or choose another model.")


class AnswerEnded(ProviderError):
    code = "answer_ended"
    sentence = N_(
        "%(host)s ended the answer before it was whole (%(reason)s). "
        "Ask again, or choose another model."
    )


class Unintelligible(ProviderError):
    code = "unintelligible"
    sentence = N_(
        "%(host)s sent something that is no answer. Ask again; if that stays so, "
        "the owner of this server should look at the address."
    )


class NoModelList(ProviderError):
    code = "no_model_list"
    unpaid = True
    sentence = N_(
        "%(host)s gave no list of its models: %(reason)s. Correct its address in the models "
        "file, or write list = false there."
    )


class EmptyAnswer(ProviderError):
    code = "empty_answer"
    sentence = N_("%(host)s answered with nothing. Try again.")


class LocalModelFailed(ProviderError):
    code = "local_model_failed"
    sentence = N_("The model on this machine failed: %(reason)s. Try again.")


class LocalModelTooLarge(LocalModelFailed):
    code = "local_model_too_large"
    sentence = N_(
        "There is not enough memory on this machine for %(model)s. Choose another model, or ask "
        "the owner of this server to lower LIAOCHAT_LOCAL_CONTEXT."
    )


class ServerRestarted(ProviderError):
    code = "server_restarted"
    sentence = N_("The server was restarted while it was answering. Ask again for a whole answer.")


def by_code(code: str) -> type[LiaochatError]:
    """Find the class of a stored code; a code of another version reads as the base class."""
    found = [LiaochatError]
    for error in found:
        if error.code == code:
            return error
        found.extend(error.__subclasses__())
    return LiaochatError
