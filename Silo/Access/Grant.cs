using System.Text;
using Cmud.Grains.Interfaces.Access;
using Cmud.Replication;

namespace Cmud.Silo.Access;

/// <summary>What a client of a gateway may do.</summary>
internal sealed class Grant
{
    /// <summary>Everything, with the keys that have no namespace: where no tokens are asked for.</summary>
    public static readonly Grant Open = new();

    private const Rights Writes = Rights.Put | Rights.Create | Rights.Append;

    private readonly (Rights Rights, byte[] Prefix)[] _scopes;

    private Grant() => (Namespace, _scopes) = ([], [((Rights)int.MaxValue, [])]);

    /// <summary>What a token grants.</summary>
    public Grant(Token token)
    {
        Token = token;
        Namespace = token.Namespace.Length == 0 ? [] : SystemKeys.Namespace(token.Namespace);
        _scopes = [.. token.Scopes.Select(scope => (scope.Rights, Encoding.UTF8.GetBytes(scope.Prefix.Replace(Scope.Subject, token.Subject, StringComparison.Ordinal))))];
    }

    /// <summary>The token; null where none is asked for.</summary>
    public Token? Token { get; }

    /// <summary>What the keys begin with in the store, though the client does not know; empty for those without a namespace.</summary>
    public byte[] Namespace { get; }

    /// <summary>Throws where no scope has the right to a key, or to all keys with a prefix.</summary>
    /// <param name="right">One right.</param>
    /// <param name="key">The key or prefix, as the client names it.</param>
    public void Demand(Rights right, ReadOnlySpan<byte> key)
    {
        foreach (var scope in _scopes)
        {
            if (scope.Rights.HasFlag(right) && key.StartsWith(scope.Prefix)) return;
        }

        throw Denied(right, key);
    }

    /// <summary>How a key may be set: by <see cref="Rights.Put"/> as one likes, else by <see cref="Rights.Create"/> or <see cref="Rights.Append"/>, with the prefix of that scope.</summary>
    /// <param name="key">As the client names it.</param>
    public (Rights Right, byte[] Prefix) DemandPut(ReadOnlySpan<byte> key)
    {
        (Rights Right, byte[] Prefix)? found = null;
        foreach (var scope in _scopes)
        {
            if ((scope.Rights & Writes) == 0 || !key.StartsWith(scope.Prefix)) continue;
            if (scope.Rights.HasFlag(Rights.Put)) return (Rights.Put, scope.Prefix);

            found ??= (scope.Rights.HasFlag(Rights.Create) ? Rights.Create : Rights.Append, scope.Prefix);
        }

        return found ?? throw Denied(Rights.Put, key);
    }

    private AccessDeniedException Denied(Rights right, ReadOnlySpan<byte> key) => new(
        $"The token {Token!.Id} of {Token.Subject} has no right to {right.ToString().ToLowerInvariant()} {(key.IsEmpty ? "all keys" : Door.Show(key))}; ask for one whose scopes have it.", isUnknown: false);
}
