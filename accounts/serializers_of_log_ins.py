"""What the API takes and tells about log-ins: addresses, passwords, second factors, browsers."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PASSWORD_STYLE


class LetterSentSerializer(serializers.Serializer[Any]):
    """A letter is on its way, if there is whom to write to."""

    detail = serializers.CharField()


class EmailSerializer(serializers.Serializer[Any]):
    """An e-mail address, in any case of its letters."""

    email = serializers.EmailField(max_length=254)


class LinkSerializer(serializers.Serializer[Any]):
    """What the link of a letter ends with."""

    key = serializers.CharField(max_length=200, write_only=True, help_text="The last part of the link's path.")


class NewPasswordSerializer(serializers.Serializer[Any]):
    """The password from now on."""

    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True, style=PASSWORD_STYLE)


class PasswordByLinkSerializer(LinkSerializer, NewPasswordSerializer):
    """The password from now on, and the letter's proof."""


class AddressSerializer(serializers.Serializer[Any]):
    """The address to log in with, and the one that waits to take its place."""

    email = serializers.EmailField()
    asked_email = serializers.EmailField(allow_null=True, help_text="Waits for the link of its letter to be used.")


class PasskeySerializer(serializers.Serializer[Any]):
    """A passkey, which a browser made."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class SecondFactorsSerializer(serializers.Serializer[Any]):
    """What the caller proves themselves with beside the password."""

    has_app = serializers.BooleanField()
    passkeys = PasskeySerializer(many=True)
    recovery_codes_left = serializers.IntegerField()


class EnrolmentSerializer(serializers.Serializer[Any]):
    """What an authenticator app is given. `address` is the content of its QR code."""

    seed = serializers.CharField()
    address = serializers.CharField()


class OtpSerializer(serializers.Serializer[Any]):
    """The six digits that the app shows now."""

    otp = serializers.CharField(max_length=40, write_only=True)


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    """Recovery codes, told this once; none where a sheet was given before."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class BrowserSerializer(serializers.Serializer[Any]):
    """A browser that is logged in, in its own words."""

    id = serializers.IntegerField()
    client = serializers.CharField()
    address = serializers.IPAddressField(allow_null=True)
    created_at = serializers.DateTimeField()
