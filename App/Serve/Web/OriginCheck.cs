using System.Net;
using Cmud.App.Play;
using Microsoft.AspNetCore.Http;

namespace Cmud.App.Serve.Web;

/// <summary>Whether a request comes from our own page. A browser lets the page of any site open a WebSocket to any host, and says only which site that was.</summary>
/// <remarks>
/// That site is to be the host that was asked. But a site can have its own name point here, and then is both; so the host is to be an address, localhost,
/// or one that <c>--origin</c> names.
/// </remarks>
internal sealed class OriginCheck(ServeOptions options)
{
    /// <summary>As much of what a stranger sent is shown.</summary>
    private const int MaxShown = 100;

    /// <summary>Null where the host is one of ours, else what is wrong with it.</summary>
    public string? RefuseHost(HttpRequest request)
    {
        var (asked, name) = (request.Host.Value ?? "", request.Host.Host);
        var isOwn = name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(name.Trim('[', ']'), out _)
            || options.Origins.Any(origin => new Uri(origin).Authority.Equals(asked, StringComparison.OrdinalIgnoreCase));
        return isOwn ? null : $"This host does not know itself as '{Shown(asked)}'. Whoever hosts it may add --origin http://{Shown(asked)} to cmud serve, or https:// behind a proxy with TLS; or use its IP address.";
    }

    /// <summary>Null where the page is ours, else what is wrong with it.</summary>
    public string? RefuseOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        var isOwn = origin.Equals($"http://{request.Host}", StringComparison.OrdinalIgnoreCase) || options.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase);
        return isOwn ? null : origin.Length == 0 ? "A WebSocket to here must say which page opens it, by the header Origin; programs that are no browsers may play by telnet."
            : $"The page of '{Shown(origin)}' may not play here. If it is your own, add --origin {Shown(origin)} to cmud serve.";
    }

    private static string Shown(string text) => Renderer.Clean(text.Length > MaxShown ? text[..MaxShown] + "..." : text);
}
