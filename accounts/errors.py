"""Refusals about people and organisations."""

from http import HTTPStatus

from aiqleads.core.refusals import Refusal


class EmailTaken(Refusal):
    """Somebody signed up with this address before."""

    code = "email_taken"
    remedy = "Log in with this address, or have its password set anew."


class AddressUnconfirmed(Refusal):
    """The password is right, and the e-mail address was never confirmed; its link was sent again."""

    status = HTTPStatus.UNAUTHORIZED
    code = "address_unconfirmed"
    remedy = "Open the link of the letter, or send what it ends with to `auth/email/confirm/`; then log in again."


class LinkOver(Refusal):
    """What a letter's link ended with was used, replaced by a later one, or is too old."""

    code = "link_over"
    remedy = "Ask for another letter."


class PasswordTooWeak(Refusal):
    """The password is short, common or like the address; ``errors`` says how."""

    code = "password_too_weak"
    remedy = "Choose a longer password that is neither common nor like the address, and send it again."


class TermsOutdated(Refusal):
    """The accepted version of the terms is not the one in force."""

    code = "terms_outdated"
    remedy = "Read the terms at /terms/ and send the version that stands there."


class TokenRefused(Refusal):
    """The refresh token was used before, has run out, or belongs to a log-in that ended."""

    status = HTTPStatus.UNAUTHORIZED
    code = "token_not_valid"
    remedy = "Trade the refresh token at `auth/token/refresh/`; where that is refused too, log in again."


class UnknownLogIn(Refusal):
    """No active log-in has this e-mail and password; which of the two is wrong is not told."""

    status = HTTPStatus.UNAUTHORIZED
    code = "no_active_account"
    remedy = "Type both again, or have the password set anew."


class TooManyKeys(Refusal):
    """The member has as many API keys as one may have."""

    code = "too_many_keys"
    remedy = "Revoke a key first."


class NotForOperators(Refusal):
    """Only an administrator decides about operators, and nobody about themselves."""

    code = "not_for_operators"
    remedy = "Ask an administrator to do it."


class NobodyNamed(Refusal):
    """Neither a telephone number nor an e-mail address could be read in what was typed."""

    code = "nobody_named"
    remedy = "Type a US phone number with its area code, or an e-mail address."


class NobodyLeftInCharge(Refusal):
    """The organisation would have no owner."""

    code = "nobody_left_in_charge"
    remedy = "Make another member an owner first."


class NotYourRole(Refusal):
    """The member's role does not allow it; ``action`` and ``may`` say what was asked and which roles may."""

    status = HTTPStatus.FORBIDDEN
    code = "not_your_role"
    remedy = "Ask one of the roles in `may` to do it, or an owner for another role."


class WrongPassword(Refusal):
    """Whoever proves once more who they are typed another password."""

    code = "wrong_password"
    remedy = "Type the password again, or have it set anew."


class WrongCode(Refusal):
    """The code is not the newest one, was used, or is too old."""

    code = "wrong_code"
    remedy = "Take the code from the newest letter or the authenticator, or ask for another."


class TooManyGuesses(Refusal):
    """Passwords or codes were wrong too often; ``retry_after_seconds`` says how long the next guess waits."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_guesses"
    remedy = "Wait as many seconds as `Retry-After` says."


class CodesTooOften(Refusal):
    """A code went out a moment ago, or as many as may within an hour."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "codes_too_often"
    remedy = "Look at the newest letter; ask again when `Retry-After` is over."


class WrongOtp(Refusal):
    """The digits are not those of now, or were used; or no recovery code is left that reads so."""

    status = HTTPStatus.UNAUTHORIZED
    code = "otp_wrong"
    remedy = "Wait for the app's next digits, or take another recovery code."


class OtpRequired(Refusal):
    """The password is right, and this log-in asks for a code beside it."""

    status = HTTPStatus.UNAUTHORIZED
    code = "otp_required"
    remedy = "Ask for the six digits of the app or a recovery code, and send everything again with `otp`."


class AlreadyEnrolled(Refusal):
    """An authenticator app is enrolled already."""

    code = "already_enrolled"
    remedy = "Remove the app on the account's pages first."


class NotEnrolled(Refusal):
    """Nothing is there that recovery codes could stand in for: neither an app nor a passkey."""

    code = "not_enrolled"
    remedy = "Enrol an authenticator app first."


class PasskeyRefused(Refusal):
    """A passkey's answer does not belong to what it was asked, or to this site, or to its user."""

    code = "passkey_refused"
    remedy = "Begin again: each question to a passkey is answered once."


class PasskeyCopied(Refusal):
    """A passkey counted back: there are two of it, and nobody knows which is its owner's."""

    code = "passkey_copied"
    remedy = "Log in another way, remove this passkey, and add a new one."


class LogInTaken(Refusal):
    """Another account is logged in by what somebody would connect."""

    status = HTTPStatus.CONFLICT
    code = "log_in_taken"
    remedy = "Disconnect it from the other account first."


class LastWayIn(Refusal):
    """Nothing else would log them in."""

    status = HTTPStatus.CONFLICT
    code = "last_way_in"
    remedy = "Set a password first."


class LicenceMissing(Refusal):
    """No verified licence where the home is; ``state_code`` says where that is, ``add_at`` the page for one."""

    code = "licence_missing"
    remedy = "Add a licence of that state with `POST me/licences/`, and buy once it is verified; holds run on."


class LicenceUnusable(Refusal):
    """What was written down is no licence that could be checked."""

    code = "licence_unusable"
    remedy = "Correct the field that `errors` names, and send it again."


class LicenceDecided(Refusal):
    """The licence was decided already, or a later one took its place."""

    status = HTTPStatus.CONFLICT
    code = "licence_decided"
    remedy = "Look at the licence again: somebody decided it, or a later one took its place."


class TooManyLicences(Refusal):
    """As many licences were written down as anybody may in a day."""

    code = "too_many_licences"
    remedy = "Go on tomorrow."


class MemberElsewhere(Refusal):
    """The log-in belongs to an organisation, which it has to leave first."""

    status = HTTPStatus.CONFLICT
    code = "member_elsewhere"
    remedy = "Leave your organisation first, with `DELETE organisation/members/{your id}/`."


class NoSeatLeft(Refusal):
    """The plan seats no more people; open invitations are counted."""

    code = "no_seat_left"
    remedy = "Take an open invitation back, or choose a plan with more seats."


class CannotBeInvited(Refusal):
    """They are in the organisation already, or were to be its owner."""

    code = "cannot_be_invited"
    remedy = "Name somebody who is not in the organisation, as a buyer or a viewer."


class InvitationOver(Refusal):
    """The link is none of ours, was used or taken back, or its seven days are over: nobody is told which."""

    code = "invitation_over"
    remedy = "Ask who invited you to send the letter again."


class InvitedElsewhere(Refusal):
    """The invitation was sent to another address than the one of this log-in."""

    status = HTTPStatus.FORBIDDEN
    code = "invited_elsewhere"
    remedy = "Log in with the address that the letter came to."


class CannotBeOwner(Refusal):
    """They own the organisation already, or cannot log in."""

    code = "cannot_be_owner"
    remedy = "Name another colleague who can log in."


class CapUnusable(Refusal):
    """The cap is below nothing or beyond what anybody spends."""

    code = "cap_unusable"
    remedy = "Name a number of credits from 0 to 1,000,000, or null."


class UnusableList(Refusal):
    """A list of numbers or people that cannot be followed as it is."""

    code = "unusable_list"
    remedy = "Correct the file or its date, and bring it again."


class NobodyToErase(Refusal):
    """Nothing is known by which anybody could be found."""

    code = "nobody_to_erase"
    remedy = "Say an e-mail address, a telephone number, or a name with an address."
