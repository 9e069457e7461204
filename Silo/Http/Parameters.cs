using Cmud.Replication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Cmud.Silo.Http;

/// <summary>The parameters after the question mark, as bytes. One that is not known is refused: a slip in ttl would store a value for ever.</summary>
internal sealed class Parameters
{
    private readonly Dictionary<string, byte[]> _values = [];

    private Parameters()
    {
    }

    /// <summary>Reads them, or says why they cannot be read.</summary>
    /// <param name="query">With its question mark; or empty.</param>
    /// <param name="parameters">What was read.</param>
    /// <param name="known">Those that may be given, once each.</param>
    public static Problem? Read(QueryString query, out Parameters parameters, params ReadOnlySpan<string> known)
    {
        parameters = new();
        foreach (var pair in new QueryStringEnumerable(query.Value))
        {
            var name = pair.DecodeName().ToString();
            if (!known.Contains(name)) return Problems.BadRequest($"There is no parameter {Door.Show(name)} here; {(known.IsEmpty ? "none is taken" : $"there is {string.Join(", ", known)}")}.");
            if (PercentText.Decode(pair.EncodedValue.Span, plusIsSpace: true) is not { } value) return Problems.BadRequest(PercentText.Refuse($"The parameter {name}"));
            if (!parameters._values.TryAdd(name, value)) return Problems.BadRequest($"The parameter {name} is given more than once; give it once.");
        }

        return null;
    }

    /// <summary>A parameter, or null where it was not given.</summary>
    public byte[]? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>The same as text, for what is none of a key.</summary>
    public string? Text(string name) => this[name] is { } value ? Door.Decode(value) : null;
}
