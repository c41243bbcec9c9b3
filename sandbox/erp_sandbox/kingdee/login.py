"""The three logins, Logout, SwitchOrg and GetDataCenterList (vendor contract 3)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from erp_sandbox.kingdee import account, signing
from erp_sandbox.kingdee.envelope import NO_DATA, Refused, ServerException, envelope
from erp_sandbox.kingdee.reading import ORG_FORM
from erp_sandbox.kingdee.sessions import UNKNOWN_ACCOUNT_TEXT, Session, Sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from erp_sandbox.kingdee.datacentre import DataCentre

SUCCESS, WRONG_USER, FAILURE = 1, 0, -1
WRONG_USER_TEXT = "用户名或密码错误"
WRONG_APP_TEXT = "应用ID或应用密钥错误"
WRONG_SIGN_TEXT = "签名验证失败"
VERSION = "9.0.553.10"

Arguments = dict[str, Any]
Verdict = tuple[int, str | None]


def by_password(given: Arguments) -> Verdict:
    """ValidateUser: user name and password in clear text."""
    if given.get("username") == account.USER_NAME and given.get("password") == account.PASSWORD:
        return SUCCESS, None
    return WRONG_USER, WRONG_USER_TEXT


def by_app_secret(given: Arguments) -> Verdict:
    """LoginByAppSecret: ``appId`` is the whole ``123456_…`` text."""
    if given.get("username") != account.USER_NAME:
        return WRONG_USER, WRONG_USER_TEXT
    if given.get("appid") == account.APP_ID and given.get("appsecret") == account.APP_SECRET:
        return SUCCESS, None
    return FAILURE, WRONG_APP_TEXT


def by_sign(given: Arguments) -> Verdict:
    """LoginBySign: SHA-256 over the sorted parts (contract 4.6)."""
    if given.get("username") != account.USER_NAME or given.get("appid") != account.APP_ID:
        return WRONG_USER, WRONG_USER_TEXT
    identity = account.USER_NAME, account.APP_ID, account.APP_SECRET
    expected = signing.login_sign(str(given.get("acctid")), *identity, str(given.get("timestamp", "")))
    if signing.same(str(given.get("sign", "")), expected):
        return SUCCESS, None
    return FAILURE, WRONG_SIGN_TEXT


def log_in(
    centre: DataCentre, sessions: Sessions, verify: Callable[[Arguments], Verdict], given: Arguments
) -> tuple[dict[str, Any], Session | None]:
    """Run one of the logins; a good one has a session.

    Raises:
        ServerException: HTTP 500 for an unknown account.
    """
    if given.get("acctid") != centre.account.id:
        raise ServerException(UNKNOWN_ACCOUNT_TEXT)
    result, message = verify(given)
    if result == SUCCESS and str(given.get("lcid", account.LCID)) not in account.LCIDS:
        result, message = FAILURE, "不支持的语言标识"
    if result != SUCCESS:
        return _answer(result, message, None, None), None
    session = sessions.create()
    return _answer(result, None, session, _context(centre, session)), session


def log_out(sessions: Sessions, session: Session | None) -> bool:
    """End the session; False when there was none."""
    if session is not None:
        sessions.end(session.id)
    return session is not None


def switch_org(centre: DataCentre, session: Session, data: dict[str, Any]) -> dict[str, Any]:
    """Change the session's current organisation.

    Raises:
        Refused: MsgCode 10, no such organisation.
    """
    number = str(next((value for key, value in data.items() if key.lower() == "orgnumber"), ""))
    ref = centre.base.form(ORG_FORM).find(number)
    if ref is None:
        raise Refused(NO_DATA, f"组织编码“{number}”不存在")
    session.org = number
    return envelope([], [{"Id": ref.id, "Number": number, "DIndex": 0}])


def data_centers(centre: DataCentre) -> list[dict[str, Any]]:
    """Return the list of the site's data centres; the vendor shows it to anybody (contract 9.17)."""
    return [{"Id": centre.account.id, "Number": "001", "Name": centre.account.name}]


def _answer(result: int, message: str | None, session: Session | None, context: Any) -> dict[str, Any]:
    return {
        "Message": message,
        "MessageCode": "CheckPasswordPolicy",
        "LoginResultType": result,
        "Context": context,
        "KDSVCSessionId": session.id if session else None,
        "FormId": None,
        "RedirectFormParam": None,
        "FormInputObject": None,
        "ErrorStackTrace": None,
        "Lcid": 0,
        "AccessToken": None,
        "CustomParam": None,
        "KdAccessResult": None,
        "IsSuccessByAPI": result == SUCCESS,
    }


def _context(centre: DataCentre, session: Session) -> dict[str, Any]:
    org = centre.base.form(ORG_FORM).find(session.org)
    user = centre.base.form("SEC_User").find(account.USER_NUMBER)
    zone = {
        "OffsetTicks": 288_000_000_000,
        "StandardName": "(UTC+08:00)",
        "Id": 230,
        "Number": "1078_SYS",
        "CanBeUsed": True,
    }
    return {
        "UserLocale": "zh-CN",
        "LogLocale": "zh-CN",
        "DBid": centre.account.id,
        "DatabaseType": 3,
        "SessionId": session.id,
        "UserId": user.id if user else 0,
        "UserName": account.USER_NAME,
        "CustomName": "演示公司",
        "DisplayVersion": VERSION,
        "DataCenterName": centre.account.name,
        "UserToken": str(uuid.uuid5(uuid.NAMESPACE_OID, session.id)),
        "CurrentOrganizationInfo": {
            "ID": org.id if org else 0,
            "Name": session.org,
            "AcctOrgType": "1",
            "FunctionIds": [101, 102, 103],
        },
        "IsCH_ZH_AutoTrans": False,
        "ClientType": 32,
        "WeiboAuthInfo": {},
        "UTimeZone": zone,
        "STimeZone": zone,
        "GDCID": str(uuid.uuid5(uuid.NAMESPACE_OID, centre.account.id)),
        "TRLevel": 0,
        "ProductEdition": 0,
    }
