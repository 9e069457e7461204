namespace Cmud.Silo.Http;

/// <summary>The key in the path of a request: all that follows /v1/keys/, slashes and all, byte for byte.</summary>
/// <remarks>Read from the request line as it came: the path that ASP.NET shows is decoded leniently, except for %2F, and lacks what dot segments removed.</remarks>
internal static class KeyPath
{
    /// <summary>Slashes before a key: /v1/keys/.</summary>
    private const int SlashesBefore = 3;

    /// <summary>Null where a path means the same to whoever reads it, else one sentence.</summary>
    /// <remarks>Browsers, curl and most libraries take a/../b for b before they send it. Who sends it as it stands would read another key through them, so nobody may.</remarks>
    public static string? RefuseDotSegments(string target)
    {
        foreach (var range in PathOf(target).Split('/'))
        {
            var segment = PathOf(target)[range];
            if (segment.Length is 0 or > 6 || segment.ToString().Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is not ("." or "..")) continue;

            return $"The path holds the segment '{segment}', which many clients remove before they send it; write the slashes around it as %2F, or, where it is the whole key, use POST /v1/batch.";
        }

        return null;
    }

    /// <summary>The key, or why there is none.</summary>
    /// <param name="target">The target of the request, as it came; its path leads to a key.</param>
    /// <param name="key">The key, which the store takes.</param>
    public static Problem? Read(string target, out byte[] key)
    {
        key = [];
        if (PercentText.Decode(Rest(target)) is not { } decoded) return Problems.BadKey(PercentText.Refuse("The path"));

        key = decoded;
        return Problems.RefuseKey(key);
    }

    /// <summary>Whether the path ends where a key would begin.</summary>
    public static bool IsEmpty(string target) => PathOf(target).EndsWith('/');

    /// <summary>What follows the slashes, encoded. No slash of another segment is hidden: %2F parts none.</summary>
    private static ReadOnlySpan<char> Rest(string target)
    {
        var rest = PathOf(target);
        for (var i = 0; i < SlashesBefore; i++)
        {
            var slash = rest.IndexOf('/');
            if (slash < 0) return [];
            rest = rest[(slash + 1)..];
        }

        return rest;
    }

    /// <summary>The path of a target, which is a path and query, or a whole URI as proxies get it.</summary>
    private static ReadOnlySpan<char> PathOf(string target)
    {
        var path = target.AsSpan();
        if (!path.StartsWith('/') && path.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme)
        {
            path = path[(scheme + 3)..];
            path = path.IndexOf('/') is >= 0 and var start ? path[start..] : "/";
        }

        return path.IndexOf('?') is >= 0 and var query ? path[..query] : path;
    }
}
