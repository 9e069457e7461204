namespace Cmud.Grains.Interfaces;

/// <summary>A namespace may have no more keys or bytes; nothing was stored.</summary>
[GenerateSerializer, Alias("cmud.QuotaException")]
public sealed class QuotaException : Exception
{
    /// <summary>For serializers.</summary>
    public QuotaException()
    {
    }

    /// <summary>The one sentence.</summary>
    public QuotaException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers.</summary>
    public QuotaException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Past a limit.</summary>
    /// <param name="limit">namespace-keys or namespace-bytes.</param>
    /// <param name="value">How much there would be.</param>
    /// <param name="most">How much there may be.</param>
    /// <param name="message">The one sentence.</param>
    public QuotaException(string limit, long value, long most, string message)
        : base(message) => (Limit, Value, Most) = (limit, value, most);

    /// <summary>namespace-keys or namespace-bytes.</summary>
    [Id(0)]
    public string Limit { get; private set; } = "";

    /// <summary>How much there would be.</summary>
    [Id(1)]
    public long Value { get; private set; }

    /// <summary>How much there may be.</summary>
    [Id(2)]
    public long Most { get; private set; }
}
