"""The main job, once, by the services that the screens call. The launcher runs it beside worker, relay and signer."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from certificates.models import Certificate
from lims.home.demo.cast import CENTRES, CUSTOMERS, STAFF, login_of
from lims.home.demo.secrets import DemoSecrets
from lims.home.demo.seed import seed
from lims.home.demo.story import Story
from lims.organization.models import Centre
from lims.records import store


class Command(BaseCommand):
    help = "Take one real request from application to a sealed test report, and say where it lies."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            self.stderr.write("운영 모드에서는 시연을 실행하지 않습니다. / No demonstration in production.")
            sys.exit(2)
        self.begun = time.monotonic()
        folder = settings.HOME / "demo"
        secrets = DemoSecrets(folder)
        seed(secrets.password())
        certificate = Story(self.tell, secrets, Centre.objects.get(code="DIP")).play()
        if certificate.state != Certificate.State.ISSUED:
            self.stderr.write(f"{certificate.number}: {certificate.void_reason}")
            sys.exit(1)
        shutil.copyfile(store.path_of(certificate.sha256), folder / "certificate.pdf")
        self._say_goodbye(certificate, secrets)

    def tell(self, line: str) -> None:
        self.stdout.write(f"[{time.monotonic() - self.begun:6.1f}s] {line}")
        self.stdout.flush()

    def _say_goodbye(self, certificate: Certificate, secrets: DemoSecrets) -> None:
        folder = settings.HOME / "demo"
        first = CENTRES[0].code
        logins = ", ".join(
            ["admin", *(login_of(first, part) for part in STAFF), *(c.login for c in CUSTOMERS)]
        )
        self.stdout.write(
            f"""
시험성적서   {folder / "certificate.pdf"}
번호         {certificate.number}
검증 주소    {settings.PUBLIC_URL}/verify/{certificate.number}#{certificate.verify_code}
개발용 CA    {folder / "ca.pem"}  (비공인 시험용 / NOT ACCREDITED)
로그인 이름  {logins}
비밀번호     {secrets.password()}  (모든 시연 계정 공통; {secrets.path})
승인 코드    시연은 승인자의 일회용 코드 비밀을 같은 파일에 보관합니다. 운영에서는 승인자만 가집니다.
"""
        )
