using System.Text;

namespace Cmud.Silo.Resp;

/// <summary>The patterns of Redis that an index in the order of keys can follow: a beginning and a star, or one whole key.</summary>
/// <param name="Text">How the keys begin; the whole key where there is no star.</param>
/// <param name="IsPrefix">Whether it ends with a star.</param>
internal readonly record struct KeyPattern(byte[] Text, bool IsPrefix)
{
    /// <summary>All keys.</summary>
    public static readonly KeyPattern All = new([], IsPrefix: true);

    /// <summary>Reads a pattern; false, and one sentence, where it is of another kind. A backslash takes the meaning from what follows it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> pattern, out KeyPattern read, out string? refusal)
    {
        var text = new List<byte>();
        var isPrefix = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            var isStar = c == '*';
            if (isPrefix && !isStar || c is (byte)'?' or (byte)'[')
            {
                (read, refusal) = (default, $"the pattern {RespText.Quote(pattern)} is more than a prefix: keys are found by their beginning only; use prefix* (a backslash before * ? [ and \\ where they are meant), or CMUD.LIST prefix");
                return false;
            }

            isPrefix = isStar;
            if (c == '\\' && i + 1 < pattern.Length) c = pattern[++i];
            if (!isStar) text.Add(c);
        }

        (read, refusal) = (new([.. text], isPrefix), Replication.Door.RefusePrefix([.. text]));
        return refusal is null;
    }

    /// <summary>Whether a key is meant.</summary>
    public bool Matches(ReadOnlySpan<byte> key) => IsPrefix ? key.StartsWith(Text) : key.SequenceEqual(Text);

    /// <summary>Whether a text of our own is meant, in whatever case.</summary>
    public bool MatchesName(string name)
    {
        var text = Encoding.UTF8.GetString(Text);
        return IsPrefix ? name.StartsWith(text, StringComparison.OrdinalIgnoreCase) : name.Equals(text, StringComparison.OrdinalIgnoreCase);
    }
}
