using System.Diagnostics.CodeAnalysis;
using Cmud.Replication;

namespace Cmud.Grains.Interfaces.Access;

/// <summary>Rights to the keys with a prefix, in which {sub} stands for whom the token is for. Written as in get,list,put:players/{sub}/.</summary>
/// <param name="Rights">At least one.</param>
/// <param name="Prefix">As it was given; empty for all keys.</param>
public sealed record Scope(Rights Rights, string Prefix)
{
    /// <summary>Stands for the subject.</summary>
    public const string Subject = "{sub}";

    private static readonly (string Name, Rights Rights)[] Names =
    [
        ("get", Rights.Get), ("list", Rights.List), ("put", Rights.Put), ("delete", Rights.Delete), ("watch", Rights.Watch),
        ("create", Rights.Create), ("append", Rights.Append), ("admin", Rights.Admin),
    ];

    /// <summary>Reads a scope; else one sentence says why not.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Scope? scope, [NotNullWhen(false)] out string? refusal)
    {
        (scope, refusal) = (null, null);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (rights, prefix) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        var read = Rights.None;
        foreach (var name in rights.Split(','))
        {
            var right = name == "all" ? Rights.Get | Rights.List | Rights.Put | Rights.Delete | Rights.Watch : Array.Find(Names, one => one.Name == name).Rights;
            if (right == Rights.None)
            {
                refusal = $"'{name}' is no right; a scope is rights, a colon and a prefix, as in get,list,put:players/{Subject}/, and the rights are {string.Join(", ", Names.Select(static one => one.Name))}, and all for the first five.";
                return false;
            }

            read |= right;
        }

        if (!Door.TryEncode(prefix, out var utf8)) refusal = Door.RefuseSurrogates("prefix");
        else refusal = Door.RefusePrefix(utf8);
        if (refusal is not null) return false;

        scope = new(read, prefix);
        return true;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => $"{string.Join(',', Names.Where(one => Rights.HasFlag(one.Rights)).Select(static one => one.Name))}:{Prefix}";
}
