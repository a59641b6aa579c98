"""Cost of the proxy in the mode report, compared with nginx as a plain reverse proxy in front of the same upstream.

Every call is a sale at Monedero, and all answers differ. Rounds are interleaved (the mock itself, nginx, the proxy, and again), so that other load
slows all three down. Needs `nginx` and `wrk` (Debian: apt-get install nginx-light wrk). Prints requests per second, milliseconds and processor time
per request, the medians of the rounds, and the ratios.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import psutil

from benchmarks.servers import free_port, serving

ROUNDS = 7
SECONDS = 4
TARGET = "/monedero/wallet/sale"
HEADERS = {"apikey": "monedero-demo-apikey", "content-type": "application/x-www-form-urlencoded"}
BODY = "wallet_key=wallet-demo&phone=4775550101&transaction_type=0&transaction_amount=1&usertool_id=7001"
SCRIPT = f"""wrk.method = "POST"
wrk.body = "{BODY}"
""" + "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in HEADERS.items())
NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream mock {{ server 127.0.0.1:{upstream}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port};
    location / {{ proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""


def loaded(port: int, connections: int, script: Path) -> tuple[float, float]:
    """Requests per second and median milliseconds under load."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(script), f"http://127.0.0.1:{port}{TARGET}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate, latency = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"50%\s+([\d.]+)(us|ms|s)", said)
    if "Non-2xx" in said or rate is None or latency is None:
        sys.exit(said)
    return float(rate[1]), float(latency[1]) * {"us": 0.001, "ms": 1, "s": 1000}[latency[2]]


def processor(process: psutil.Process) -> float:
    """Processor seconds of a process and its children."""
    return sum(sum(found.cpu_times()[:2]) for found in (process, *process.children(recursive=True)))


def answering(port: int) -> None:
    """Wait until a port answers."""
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("POST", TARGET, BODY, HEADERS)
            if connection.getresponse().status == 200:  # noqa: PLR2004 - the one that is measured
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()


def main() -> None:
    """Measure with one connection and with sixteen."""
    if not (shutil.which("nginx") and shutil.which("wrk")):
        sys.exit("nginx and wrk are needed; on Debian: apt-get install nginx-light wrk")
    with ExitStack() as stack:
        upstream, mock = stack.enter_context(serving())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        script = folder / "sale.lua"
        script.write_text(SCRIPT, "utf-8")
        nginx, proxy = free_port(), free_port()
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, upstream=upstream, port=nginx), "utf-8")
        address = f"http://127.0.0.1:{upstream}"
        commands = {
            "nginx": ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)],
            "the proxy": [sys.executable, "-m", "mockserver", "proxy", "monedero", "--upstream", address, "--port", str(proxy), "--quiet"],
        }
        processes = {"the mock itself": mock}
        for name, command in commands.items():
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            processes[name] = psutil.Process(process.pid)
        ways = {"the mock itself": upstream, "nginx": nginx, "the proxy": proxy}
        for port in ways.values():
            answering(port)
        for connections in (1, 16):
            rates, latencies, costs = defaultdict(list), defaultdict(list), defaultdict(list)
            for _ in range(ROUNDS):
                for name, port in ways.items():
                    before = processor(processes[name])
                    rate, latency = loaded(port, connections, script)
                    rates[name].append(rate)
                    latencies[name].append(latency)
                    costs[name].append((processor(processes[name]) - before) * 1000 / (rate * SECONDS))
            print(f"{connections} connections, {ROUNDS} interleaved rounds of {SECONDS} s each")
            for name in ways:
                rate, latency, cost = (statistics.median(found[name]) for found in (rates, latencies, costs))
                print(f"  {name:16} {rate:7.0f} requests/s  {latency:7.2f} ms  {cost:6.3f} ms of processor time")
            ratios = [ours / theirs for ours, theirs in zip(rates["the proxy"], rates["nginx"], strict=True)]
            added = [ours - theirs for ours, theirs in zip(latencies["the proxy"], latencies["nginx"], strict=True)]
            print(f"  the proxy makes {statistics.median(ratios):.2f} of the requests of nginx, and adds {statistics.median(added):.2f} ms")


if __name__ == "__main__":
    main()
