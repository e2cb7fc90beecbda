"""axe-core, which finds what keeps people from using a page, in a browser of webdriver.py."""
import os
import shutil
import subprocess


def axe_file():
    """axe.min.js where FOVEA_AXE says, else where `npm install -g axe-core` puts it; None where it is not."""
    folder = shutil.which("npm") and subprocess.run(["npm", "root", "-g"], stdout=subprocess.PIPE, text=True).stdout.strip()
    places = [os.environ.get("FOVEA_AXE"), folder and os.path.join(folder, "axe-core", "axe.min.js")]
    return next((place for place in places if place and os.path.isfile(place)), None)


def violations(browser, script):
    """What axe finds in the page that is open, a text each."""
    browser.script(script)
    return browser.wait_for("""
      const done = arguments[arguments.length - 1];
      axe.run(document, {resultTypes: ["violations"]}).then((result) => done(result.violations.map((one) =>
        `${one.id} (${one.impact}): ${one.help}: ${one.nodes.length} times, ${one.nodes[0].html.slice(0, 160)} ` +
        one.nodes[0].failureSummary)))""")
